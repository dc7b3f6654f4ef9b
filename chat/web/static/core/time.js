// Times as people in Denmark read them, wherever the device thinks it is.

const ZONE = "Europe/Copenhagen";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map();

function format(locale, options) {
  const key = locale + JSON.stringify(options);
  if (!formats.has(key))
    formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options }));
  return formats.get(key);
}

const locale = (language) => (language === "da" ? "da-DK" : "en-GB");

/** The Copenhagen date of a time in UTC milliseconds, as 2026-03-01. */
export function dayOf(at) {
  return format("sv-SE", { dateStyle: "short" }).format(at);
}

/** The date, with its year unless that is this one. */
function dateOf(at, now, language, month) {
  const sameYear = dayOf(at).slice(0, 4) === dayOf(now).slice(0, 4);
  const options = { day: "numeric", month, ...(sameYear ? {} : { year: "numeric" }) };
  return format(locale(language), options).format(at);
}

/** 14:05 */
export function clock(at) {
  return format("en-GB", { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** How many Copenhagen days before `now` it was: 0 today, 1 yesterday. */
export function daysAgo(at, now) {
  return Math.round((Date.parse(dayOf(now)) - Date.parse(dayOf(at))) / DAY);
}

/** `today`, `yesterday`, or the weekday and date, with the year in another year. */
export function dayName(at, now, language, t) {
  const ago = daysAgo(at, now);
  if (ago === 0) return t("time.today");
  if (ago === 1) return t("time.yesterday");
  const weekday = format(locale(language), { weekday: "long" }).format(at);
  const date = dateOf(at, now, language, "long");
  return `${weekday[0].toUpperCase()}${weekday.slice(1)} ${language === "da" ? "den " : ""}${date}`;
}

/** Short, for a list: 14:05 today, then yesterday, a weekday, a date. */
export function shortTime(at, now, language, t) {
  const ago = daysAgo(at, now);
  if (ago <= 0) return clock(at);
  if (ago === 1) return t("time.yesterday");
  if (ago < 7) return format(locale(language), { weekday: "long" }).format(at);
  return dateOf(at, now, language, "short");
}

/** How long ago: just now, minutes, hours, days, then the date. */
export function longAgo(at, now, language, t) {
  const ago = Math.max(0, now - at);
  if (ago < MINUTE) return t("time.now");
  if (ago < HOUR) return t("time.minutes", { count: Math.floor(ago / MINUTE) });
  if (daysAgo(at, now) === 0) return t("time.hours", { count: Math.floor(ago / HOUR) });
  if (daysAgo(at, now) === 1) return t("time.yesterday").toLowerCase();
  if (daysAgo(at, now) < 7) return t("time.days", { count: daysAgo(at, now) });
  return dateOf(at, now, language, "long");
}

/** Day, month, year and the time of day. */
export function fullTime(at, language) {
  return format(locale(language), { dateStyle: "long", timeStyle: "short" }).format(at);
}

/** How old somebody born on `born` (2010-04-01) is on the Copenhagen day of `now`; a birthday counts. */
export function ageOn(born, now) {
  const [year, month, day] = born.split("-").map(Number);
  const [thisYear, thisMonth, thisDay] = dayOf(now).split("-").map(Number);
  const hadBirthday = thisMonth > month || (thisMonth === month && thisDay >= day);
  return thisYear - year - (hadBirthday ? 0 : 1);
}

/** 2010-04-01 from a day, a month and a year as they were typed, or null if there is no such day. */
export function dateFrom(day, month, year) {
  const parts = [day, month, year].map((part) => Number(part.trim()));
  if (!parts.every(Number.isInteger) || parts[2] < 1900) return null;
  const date = new Date(Date.UTC(parts[2], parts[1] - 1, parts[0]));
  const exists = date.getUTCDate() === parts[0] && date.getUTCMonth() === parts[1] - 1;
  return exists ? date.toISOString().slice(0, 10) : null;
}

/** The UTC milliseconds of a moment in Copenhagen: a date (2026-03-01) at an hour. */
export function momentOf(date, hour = 0) {
  const guess = Date.parse(`${date}T${String(hour).padStart(2, "0")}:00:00Z`);
  const shown = format("sv-SE", { dateStyle: "short", timeStyle: "medium" }).format(guess);
  const off = Date.parse(`${shown.replace(" ", "T")}Z`) - guess;
  return guess - off;
}

/** The next day in Copenhagen, at an hour. */
export function tomorrowAt(hour, now) {
  const noon = momentOf(dayOf(now), 12);
  return momentOf(dayOf(noon + DAY), hour);
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { partsOf } from "../../chat/web/static/core/links.js";
import { routeOf } from "../../chat/web/static/core/router.js";
import { folded, matching } from "../../chat/web/static/core/search.js";
import { MOST, Slice } from "../../chat/web/static/core/slice.js";
import { snippetOf } from "../../chat/web/static/core/snippet.js";
import { rowsOf } from "../../chat/web/static/core/stream-rows.js";
import {
  ageOn,
  clock,
  dateFrom,
  dayName,
  dayOf,
  longAgo,
  momentOf,
  shortTime,
  tomorrowAt,
} from "../../chat/web/static/core/time.js";
import { newIn, newInAll } from "../../chat/web/static/core/unread.js";
import { words } from "../../chat/web/static/words/da.js";
import { message } from "./frames.js";

const t = (key, { count } = {}) =>
  count === undefined
    ? words[key]
    : words[`${key}.${count === 1 ? "one" : "other"}`].replace("{count}", count);
const at = (iso) => Date.parse(iso);

describe("times", () => {
  const noon = at("2026-03-10T11:00:00Z"); // noon in Copenhagen

  test("are those of Copenhagen, in summer and in winter", () => {
    assert.equal(clock(at("2026-01-15T12:00:00Z")), "13:00");
    assert.equal(clock(at("2026-07-15T12:00:00Z")), "14:00");
    assert.equal(dayOf(at("2026-03-09T23:30:00Z")), "2026-03-10");
  });

  test("name a day by how near it is", () => {
    assert.equal(dayName(noon, noon, "da", t), "I dag");
    assert.equal(dayName(at("2026-03-09T12:00:00Z"), noon, "da", t), "I går");
    assert.equal(dayName(at("2026-03-02T12:00:00Z"), noon, "da", t), "Mandag den 2. marts");
    assert.equal(
      dayName(at("2025-12-24T12:00:00Z"), noon, "da", t),
      "Onsdag den 24. december 2025",
    );
  });

  test("are short in a list", () => {
    assert.equal(shortTime(at("2026-03-10T07:05:00Z"), noon, "da", t), "08:05");
    assert.equal(shortTime(at("2026-03-08T12:00:00Z"), noon, "da", t), "søndag");
    assert.equal(shortTime(at("2026-02-08T12:00:00Z"), noon, "en", t), "8 Feb");
  });

  test("tell how long ago", () => {
    assert.equal(longAgo(noon - 30_000, noon, "da", t), "lige nu");
    assert.equal(longAgo(noon - 5 * 60_000, noon, "da", t), "5 min. siden");
    assert.equal(longAgo(noon - 3_600_000, noon, "da", t), "1 time siden");
    assert.equal(longAgo(noon - 3 * 86_400_000, noon, "da", t), "3 dage siden");
  });

  test("make one a year older on the birthday, from midnight in Copenhagen", () => {
    assert.equal(ageOn("2011-03-10", at("2026-03-09T22:59:00Z")), 14);
    assert.equal(ageOn("2011-03-10", at("2026-03-09T23:00:00Z")), 15);
    assert.equal(ageOn("2008-02-29", at("2026-02-28T12:00:00Z")), 17);
    assert.equal(ageOn("2008-02-29", at("2026-03-01T12:00:00Z")), 18);
  });

  test("begin a day in Copenhagen, also when the clocks have been changed in the night", () => {
    assert.equal(momentOf("2026-03-29"), at("2026-03-28T23:00:00Z"));
    assert.equal(momentOf("2026-03-30"), at("2026-03-29T22:00:00Z"));
    assert.equal(tomorrowAt(8, at("2026-03-28T22:30:00Z")), at("2026-03-29T06:00:00Z"));
    assert.equal(tomorrowAt(8, at("2026-10-24T21:59:00Z")), at("2026-10-25T07:00:00Z"));
  });

  test("take a date as people type it, and no date that does not exist", () => {
    assert.equal(dateFrom("3", "4", "1961"), "1961-04-03");
    assert.equal(dateFrom(" 03", "04 ", "1961"), "1961-04-03");
    for (const wrong of [
      ["31", "2", "1961"],
      ["3", "13", "1961"],
      ["x", "4", "1961"],
      ["3", "4", "61"],
    ]) {
      assert.equal(dateFrom(...wrong), null);
    }
  });
});

describe("addresses in a message", () => {
  const addresses = (text) => partsOf(text).flatMap(({ address }) => address ?? []);

  test("end where the sentence goes on", () => {
    assert.deepEqual(addresses("Se https://example.dk/a?b=1. Og (http://x.dk)!"), [
      "https://example.dk/a?b=1",
      "http://x.dk",
    ]);
    assert.deepEqual(addresses("https://da.wikipedia.org/wiki/Whist_(kortspil)."), [
      "https://da.wikipedia.org/wiki/Whist_(kortspil)",
    ]);
  });

  test("are only those that a browser opens as pages", () => {
    assert.deepEqual(addresses("javascript:alert(1) data:text/html,x ftp://x.dk www.x.dk"), []);
  });

  test("leave every letter of the text where it was", () => {
    const text = "før http://a.dk, midt <b>http://b.dk</b> efter";
    assert.equal(
      partsOf(text)
        .map((part) => part.text)
        .join(""),
      text,
    );
  });
});

describe("a name is found", () => {
  const names = ["Aarhus", "Lyngby-Taarbæk", "Tårnby", "Ærø", "Læsø", "Køge"];

  test("however its letters are written", () => {
    assert.equal(folded("ÅRHUS"), "aarhus");
    assert.deepEqual(
      matching(names, "århus", (name) => name),
      ["Aarhus"],
    );
    assert.deepEqual(
      matching(names, "aeroe", (name) => name),
      ["Ærø"],
    );
    assert.deepEqual(
      matching(names, "taarnby", (name) => name),
      ["Tårnby"],
    );
  });

  test("first where it begins with what was typed", () => {
    assert.deepEqual(
      matching(["Lyngby-Taarbæk", "Tårnby"], "taar", (name) => name),
      ["Tårnby", "Lyngby-Taarbæk"],
    );
  });
});

describe("an address of the site", () => {
  test("leads to its view with what it names", () => {
    const route = routeOf("/bubbles/00a1?query=x");
    assert.equal(route.view, "samtale-bubble");
    assert.deepEqual(route.params, { id: "00a1" });
    assert.equal(routeOf("/bubbles/new").view, "samtale-bubble-form");
    assert.equal(routeOf("/confirm#token=abc").fragment.get("token"), "abc");
  });

  test("that leads nowhere says so", () => {
    assert.equal(routeOf("/bubbles/1/2/3").view, "samtale-not-found");
  });
});

describe("the stream", () => {
  const me = { number: 1 };
  const other = { number: 2, delivered_seq: 2, read_seq: 1 };
  const entry = (seq, changes) => ({
    seq,
    kind: "message",
    at: 1_000 * seq,
    message: message(seq, changes),
  });
  const rows = (entries, unsent = [], newFrom = null) =>
    rowsOf({ entries, unsent, me, other, newFrom });
  const kinds = (list) => list.map(({ kind }) => kind);

  test("begins each day with its name", () => {
    const day = 86_400_000;
    assert.deepEqual(
      kinds(rows([entry(1), entry(2, { sent_at: day }), entry(3, { sent_at: day + 1 })])),
      ["day", "message", "day", "message", "message"],
    );
  });

  test("says who has written where more than two do", () => {
    const said = [entry(1, { sender: 2 }), entry(2, { sender: 2 }), entry(3, { sender: 3 })];
    const names = new Map([
      [2, "Karim"],
      [3, "Kirsten"],
    ]);
    const shown = rowsOf({ entries: said, unsent: [], me, other, names }).slice(1);
    assert.deepEqual(
      shown.map(({ from, first }) => [from, first]),
      [
        ["Karim", true],
        ["Karim", false],
        ["Kirsten", true],
      ],
    );
  });

  test("says who called in vain, in one line", () => {
    const told = (by, ended) =>
      kinds(
        rows([
          { seq: 1, kind: "call_started", at: 0, by },
          { seq: 2, kind: "call_ended", at: 1, by: ended },
        ]),
      );
    assert.deepEqual(told(2, 2), ["day", "call_missed"]);
    assert.deepEqual(told(1, 1), ["day", "call_unanswered"]);
    assert.deepEqual(told(2, 0), ["day", "call_started", "call_ended"]);
  });

  test("says of one's own messages how far they have come", () => {
    const mine = [1, 2, 3].map((seq) => entry(seq, { sender: 1 }));
    assert.deepEqual(
      rows(mine)
        .slice(1)
        .map(({ state }) => state),
      ["read", "delivered", "sent"],
    );
  });

  test("keeps a message in its place when it is stored", () => {
    const { client_id } = message(1);
    const before = rows([], [{ client_id, text: "hej", at: 5, state: "sending" }]);
    const after = rows([entry(1, { sender: 1 })]);
    assert.equal(before[1].key, after[1].key);
  });

  test("puts what is not sent yet last", () => {
    const unsent = [{ client_id: "x", text: "hej", at: 0, state: "failed", message: "Lukket" }];
    assert.equal(rows([entry(1)], unsent).at(-1).why, "Lukket");
  });

  test("sets messages of one sender close together, for five minutes", () => {
    const list = rows([entry(1), entry(2), entry(400)]).filter(({ kind }) => kind === "message");
    assert.deepEqual(
      list.map(({ first, last }) => [first, last]),
      [
        [true, false],
        [false, true],
        [true, true],
      ],
    );
  });

  test("tells what happened between the messages", () => {
    assert.deepEqual(kinds(rows([entry(1), { seq: 2, kind: "origin_closed", at: 3_000 }])), [
      "day",
      "message",
      "origin_closed",
    ]);
  });

  test("says once where the new messages begin: at the other's, not at one's own", () => {
    const list = [entry(1), entry(2, { sender: 1 }), entry(3), entry(4)];
    assert.deepEqual(kinds(rows(list, [], 2)), [
      "day",
      "message",
      "message",
      "unread",
      "message",
      "message",
    ]);
    assert.ok(!kinds(rows(list, [], 5)).includes("unread"));
  });

  test("shows a changed message as it is now, and no row for the change", () => {
    const changed = { text: "nu", edited_at: 9, changed_seq: 2 };
    const list = rows([
      entry(1, changed),
      { seq: 2, kind: "message_edited", at: 9, by: 2, target: 1 },
      { seq: 3, kind: "something_new", at: 9 },
    ]);
    assert.deepEqual(kinds(list), ["day", "message"]);
    assert.deepEqual([list[1].text, list[1].edited], ["nu", true]);
  });

  test("counts who reacted, and says whether one did oneself", () => {
    const reactions = [
      { kind: "heart", members: [1, 2] },
      { kind: "sad", members: [2] },
    ];
    assert.deepEqual(rows([entry(1, { reactions })])[1].reactions, [
      { kind: "heart", count: 2, mine: true },
      { kind: "sad", count: 1, mine: false },
    ]);
  });

  test("knows whose message is quoted", () => {
    const quote = { seq: 1, sender: 1, text: "hej" };
    const wanted = { seq: 1, mine: true, text: "hej", picture: false, deleted: false };
    assert.deepEqual(rows([entry(2, { quote })])[1].quote, wanted);
  });
});

describe("a page of a long conversation", () => {
  const known = (from, to) =>
    Array.from({ length: to - from + 1 }, (_, at) => ({ seq: from + at }));
  const ends = (entries) => [entries[0].seq, entries.at(-1).seq];

  test("never holds more than so much, whichever way one goes", () => {
    const slice = new Slice();
    const entries = known(1, 1_000);
    assert.deepEqual(ends(slice.of(entries, { atFoot: true })), [1_001 - MOST, 1_000]);
    for (let page = 0; page < 30; page += 1) {
      slice.older(entries);
      assert.ok(slice.of(entries).length <= MOST);
    }
    assert.deepEqual(ends(slice.of(entries)), [1, MOST]);
    assert.ok(!slice.hasOlder(entries) && slice.hasNewer(entries));
    for (let page = 0; page < 30; page += 1) slice.newer(entries);
    assert.deepEqual(ends(slice.of(entries)), [1_001 - MOST, 1_000]);
    assert.ok(slice.hasOlder(entries) && !slice.hasNewer(entries));
  });

  test("goes on where more has been read", () => {
    const slice = new Slice();
    slice.of(known(500, 549));
    slice.older(known(450, 549));
    assert.deepEqual(ends(slice.of(known(450, 549))), [450, 549]);
  });

  test("keeps what comes while one is at the foot, and lets it wait while one is not", () => {
    const slice = new Slice();
    for (let page = 0; page < 9; page += 1) slice.older(known(1, 600));
    const before = ends(slice.of(known(1, 600)));
    assert.deepEqual(ends(slice.of(known(1, 601))), before);
    slice.reset();
    assert.equal(slice.of(known(1, 601), { atFoot: true }).at(-1).seq, 601);
  });
});

describe("what was found", () => {
  const shown = (text, highlights) =>
    snippetOf(text, highlights)
      .map(({ text: piece, found }) => (found ? `[${piece}]` : piece))
      .join("");

  test("is marked by whole letters, whatever stands before it", () => {
    assert.equal(shown("🌳🌳 en gåtur i skoven", [[6, 5]]), "🌳🌳 en [gåtur] i skoven");
    assert.equal(shown("kaffe og kage", [[0, 5], [9, 4]]), "[kaffe] og [kage]");
  });

  test("is cut out of a long message at the beginning of a word", () => {
    const text = `${"ord ".repeat(100)}kage ${"ord ".repeat(100)}`;
    const snippet = shown(text, [[400, 4]]);
    assert.match(snippet, /^… (ord )+\[kage\] (ord ?)+ …$/);
    assert.ok(snippet.length < 160);
  });
});

describe("what is new", () => {
  const talk = (unread, own = {}) => ({ unread, own });

  test("is what is unread, or what was marked", () => {
    assert.equal(newIn(talk(3)), 3);
    assert.equal(newIn(talk(0, { marked_unread: true })), 1);
  });

  test("is counted in all but for what is muted, until it is no longer", () => {
    const list = [talk(2), talk(5, { muted_until: 100 }), talk(0, { marked_unread: true })];
    assert.equal(newInAll(list, 50), 3);
    assert.equal(newInAll(list, 100), 8);
  });
});

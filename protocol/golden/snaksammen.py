"""Examples of SnakSammen: Anna books a talk with Karim, a volunteer of Aarhus."""

import datetime

from msgspec import Struct, structs

from protocol import requests as ask
from protocol import resources as res
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.messages import EventFrame

NOON = 1_795_262_400_000  # 21 November 2026, 12:00 UTC
MINUTE, DAY = 60_000, 86_400_000
SEVEN = NOON + 2 * DAY + 6 * 60 * MINUTE
VOLUNTEER_ID, COLLEAGUE_ID = "019d2f0c70010001", "019d2f0c70010002"
TIME_ID, WEEKLY_ID = "019d2f0c70020001", "019d2f0c70020002"
BOOKING_ID, TALK_ID = "019d2f0c70030001", "019d2f0c70030002"
COURSE_ID, OFFER_ID = "019d2f0c70040001", "019d2f0c70050001"
ALERT_ID, REPORT_ID = "019d2f0c70060001", "019d2f0c70070001"
ROOM_ID = "019d2f0c70080001"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"  # noqa: S105 — an example, opens nothing

PROFILE = vol.VolunteerProfile(
    VOLUNTEER_ID, "Karim", "Jeg kan godt lide at lytte.", ["da", "en", "ar"], ["walks"]
)
VOLUNTEER = vol.Volunteer(
    profile=PROFILE,
    branch="Aarhus",
    state="active",
    agreement_signed=True,
    course_done=True,
    certificate_until=datetime.date(2028, 1, 31),
    since=NOON - 90 * DAY,
)
OWN_TIME = vol.OwnTime(TIME_ID, "snaksammen", SEVEN, SEVEN + 15 * MINUTE, WEEKLY_ID, None)
WEEKLY = vol.WeeklyTime(WEEKLY_ID, "snaksammen", 0, 19 * 60, datetime.date(2026, 11, 23), None)
TIME = vol.FreeTime(TIME_ID, "snaksammen", SEVEN, SEVEN + 15 * MINUTE, PROFILE)
BOOKING = vol.Booking(
    id=BOOKING_ID,
    talk=TALK_ID,
    service="snaksammen",
    state="confirmed",
    starts_at=SEVEN,
    ends_at=SEVEN + 15 * MINUTE,
    with_whom="Karim",
    age_band="18_up",
    by_parent=False,
    coordinator=None,
    token=TOKEN,
)
TALK = tal.Talk(
    id=TALK_ID,
    state="running",
    service="snaksammen",
    server_time=SEVEN + MINUTE,
    doors_at=SEVEN - 15 * MINUTE,
    starts_at=SEVEN,
    ends_at=SEVEN + 15 * MINUTE,
    warn_at=SEVEN + 13 * MINUTE,
    erased_at=None,
    conversation=ROOM_ID,
    booking=BOOKING_ID,
    role="citizen",
    age_band="18_up",
    parties=[
        tal.Party("citizen", "Anna", me=True, here=True, left=False, wants_more=False),
        tal.Party("volunteer", "Karim", me=False, here=True, left=False, wants_more=True),
    ],
    may=["call", "leave", "more", "feel_before", "report"],
)
REPORT = tal.TalkReport(REPORT_ID, TALK_ID, "citizen", "pressure", SEVEN + 16 * MINUTE)
PLACE = tal.Place(
    state="waiting",
    position=3,
    low_ms=4 * MINUTE,
    high_ms=17 * MINUTE,
    long=False,
    call_back=False,
    alternatives=[],
)
DUTY = tal.Duty(
    on_duty=True,
    paused_until=None,
    waiting=1,
    offers=[tal.Offer(OFFER_ID, "snaksammen", "ar", NOON, NOON + MINUTE // 2)],
)
OVERVIEW = tal.Overview(
    branch="Aarhus",
    on_duty=[tal.OnDuty(VOLUNTEER_ID, "Karim", NOON - 60 * MINUTE, None, TALK_ID)],
    waiting=1,
    longest_wait_ms=2 * MINUTE,
    talks=[
        tal.RunningTalk(
            TALK_ID,
            BOOKING_ID,
            "snaksammen",
            "running",
            VOLUNTEER_ID,
            SEVEN,
            SEVEN + 15 * MINUTE,
            "18_up",
            ["citizen", "volunteer"],
        )
    ],
    alerts=[tal.Alert(ALERT_ID, "volunteer_calls", TALK_ID, VOLUNTEER_ID, SEVEN + 5 * MINUTE)],
    no_shows=1,
    unused_times=12,
    waits_p50_ms=3 * MINUTE,
    waits_p95_ms=14 * MINUTE,
    ranges_shown=40,
    ranges_held=37,
    calls_wanted=[VOLUNTEER_ID],
)
COURSE = vol.Course(
    id=COURSE_ID,
    state="running",
    with_whom="Karim",
    from_date=datetime.date(2026, 11, 23),
    until_date=datetime.date(2027, 3, 22),
    more=[],
    talks=16,
    skipped=[datetime.date(2026, 12, 28)],
)
CALENDAR = vol.Calendar("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")

REQUESTS: dict[str, ask.Request] = {
    "service.list": ask.Nothing(),
    "service.put": vol.PutService("sprogland", "Sprogland", "Sprogland", 40, keep_text_minutes=30),
    "branch.invite": vol.InviteToBranch("volunteer", "Karim", "karim@example.dk"),
    "branch.accept": vol.AcceptInvitation(TOKEN),
    "branch.volunteers": ask.Nothing(),
    "branch.record": vol.RecordVolunteer(
        VOLUNTEER_ID, course_done=True, certificate_until=datetime.date(2028, 1, 31)
    ),
    "volunteer.get": ask.Nothing(),
    "volunteer.update": vol.UpdateVolunteer(words=PROFILE.words, languages=["da", "en", "ar"]),
    "volunteer.sign": ask.Nothing(),
    "time.publish": vol.PublishTime("snaksammen", SEVEN),
    "time.publish_weekly": vol.PublishWeekly("snaksammen", 0, 19 * 60, datetime.date(2026, 11, 23)),
    "time.list": vol.ListOwnTimes(limit=20),
    "time.withdraw": vol.WithdrawTime(TIME_ID),
    "time.withdraw_weekly": vol.WithdrawWeekly(WEEKLY_ID),
    "time.find": vol.FindTimes(day=datetime.date(2026, 11, 23), language="ar", limit=20),
    "booking.hold": vol.HoldTime(TIME_ID, "18_up"),
    "booking.confirm": vol.ConfirmBooking(
        TOKEN, name="Anna", email="anna@example.dk", phone="+4512345678"
    ),
    "booking.list": vol.ListBookings(limit=20),
    "booking.move": vol.MoveBooking(BOOKING_ID, TIME_ID),
    "booking.cancel": vol.OneBooking(BOOKING_ID),
    "booking.hand_over": vol.HandOver(BOOKING_ID, COLLEAGUE_ID),
    "talk.enter": tal.EnterTalk(TOKEN),
    "talk.send_link": tal.AskLink(email="anna@example.dk"),
    "talk.join": tal.OneTalk(TALK_ID),
    "talk.get": tal.OneTalk(TALK_ID),
    "talk.arrive": tal.OneTalk(TALK_ID),
    "talk.leave": tal.LeaveTalk(TALK_ID, "done"),
    "talk.more": tal.OneTalk(TALK_ID),
    "talk.calendar": tal.OneTalk(TALK_ID),
    "talk.call_coordinator": tal.OneTalk(TALK_ID),
    "talk.feel": tal.Feel(TALK_ID, "before", 2),
    "talk.report": tal.ReportTalk(TALK_ID, "pressure", "Jeg blev presset til at sige mit navn."),
    "talk.debrief": tal.Debrief(TALK_ID, "hard", call_wanted=True),
    "talk.attend": tal.OneTalk(TALK_ID),
    "crisis.card": tal.AskCrisisCard("15_17"),
    "line.join": tal.JoinLine(language="ar", name="Anna"),
    "line.get": ask.Nothing(),
    "line.leave": ask.Nothing(),
    "line.call_back": tal.AskCallBack(phone="+4512345678"),
    "duty.start": ask.Nothing(),
    "duty.get": ask.Nothing(),
    "duty.end": ask.Nothing(),
    "offer.take": tal.OneOffer(OFFER_ID),
    "branch.overview": ask.Nothing(),
    "alert.settle": tal.OneAlert(ALERT_ID),
    "branch.reports": ask.Nothing(),
    "report.read": tal.OneReport(REPORT_ID),
    "booking.reassign": vol.HandOver(BOOKING_ID, COLLEAGUE_ID),
    "booking.call_off": vol.CallOff(BOOKING_ID, "Karim er blevet syg. Det er vi kede af."),
    "course.start": vol.StartCourse(BOOKING_ID),
    "course.extend": vol.OneCourse(COURSE_ID),
    "course.list": ask.Nothing(),
}

REPLIES: dict[str, Struct] = {
    "service.list": vol.Services([vol.Service("snaksammen", "SnakSammen", "SnakSammen", 15, None)]),
    "service.put": vol.Service("sprogland", "Sprogland", "Sprogland", 40, None, 30, 24),
    "branch.invite": res.Empty(),
    "branch.accept": vol.Invited("volunteer", "Aarhus"),
    "branch.volunteers": vol.Volunteers([VOLUNTEER]),
    "branch.record": VOLUNTEER,
    "volunteer.get": VOLUNTEER,
    "volunteer.update": VOLUNTEER,
    "volunteer.sign": VOLUNTEER,
    "time.publish": OWN_TIME,
    "time.publish_weekly": vol.OwnTimes([OWN_TIME], [WEEKLY]),
    "time.list": vol.OwnTimes([OWN_TIME], [WEEKLY]),
    "time.withdraw": res.Empty(),
    "time.withdraw_weekly": res.Empty(),
    "time.find": vol.FreeTimes([TIME], next=None),
    "booking.hold": vol.Hold(TOKEN, NOON + 5 * MINUTE, TIME, []),
    "booking.confirm": BOOKING,
    "booking.list": vol.Bookings([BOOKING]),
    "booking.move": vol.Moved(moved=True, booking=BOOKING, alternatives=[]),
    "booking.cancel": BOOKING,
    "booking.hand_over": BOOKING,
    "talk.send_link": res.Empty(),
    "talk.enter": tal.Entered(TOKEN, SEVEN + DAY, TALK),
    "talk.join": tal.Entered(TOKEN, SEVEN + DAY, TALK),
    "talk.get": TALK,
    "talk.arrive": TALK,
    "talk.leave": TALK,
    "talk.more": TALK,
    "talk.calendar": CALENDAR,
    "talk.call_coordinator": res.Empty(),
    "talk.feel": res.Empty(),
    "talk.report": REPORT,
    "talk.debrief": res.Empty(),
    "talk.attend": tal.Entered(TOKEN, SEVEN + DAY, TALK),
    "crisis.card": tal.CrisisCard(
        [
            tal.Help(
                "emergency",
                "112",
                "Ring 112, hvis der er fare for liv",
                "Call 112 if someone's life is in danger",
            ),
            tal.Help(
                "livslinien",
                "70201201",
                "Livslinien, alle dage",
                "Livslinien (the lifeline), every day",
            ),
        ]
    ),
    "line.join": structs.replace(PLACE, session=TOKEN),
    "line.get": PLACE,
    "line.leave": structs.replace(PLACE, state="left", position=0, low_ms=None, high_ms=None),
    "line.call_back": structs.replace(PLACE, call_back=True),
    "duty.start": DUTY,
    "duty.get": DUTY,
    "duty.end": tal.Duty(on_duty=False, paused_until=None, waiting=1, offers=[]),
    "offer.take": tal.Entered(TOKEN, SEVEN + DAY, TALK),
    "branch.overview": OVERVIEW,
    "alert.settle": res.Empty(),
    "branch.reports": tal.TalkReports([REPORT]),
    "report.read": structs.replace(
        REPORT, said=[tal.Said("volunteer", SEVEN + MINUTE, "Hvad hedder du rigtigt?")]
    ),
    "booking.reassign": BOOKING,
    "booking.call_off": structs.replace(BOOKING, state="cancelled"),
    "course.start": COURSE,
    "course.extend": COURSE,
    "course.list": vol.Courses([COURSE]),
}

EVENTS_SEEN: dict[str, EventFrame] = {
    frame.event: frame
    for frame in (
        EventFrame("talk.changed", data=tal.TalkChanged(TALK_ID, "running")),
        EventFrame("line.changed", data=res.Empty()),
        EventFrame("duty.changed", data=res.Empty()),
        EventFrame("offer.made", data=tal.OfferMade(OFFER_ID, NOON + MINUTE)),
    )
}

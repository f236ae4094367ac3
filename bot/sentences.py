"""Every sentence the service can say: its key in data/texts and the arguments it is given.

Besides an argument `x` a text may use `has_x` ("yes" or "no": whether there is anything to show) and, where
x is a moment, `x_day` (its date in WITA; x itself is then the time of day); where x is an answer of data/faq,
`x_source` and `x_day` (when it was last gone through).
"""

from __future__ import annotations

from typing import Final

_REPORT: Final = ("ticket", "category", "state", "tracking", "note", "filed", "addressee")
_DESK: Final = ("by", "at")
_LISTED: Final = tuple(f"{name}{i}" for i in (1, 2, 3) for name in ("ticket", "category", "state"))

SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    # first contact, menu, beside the matter
    "notice": (), "menu": (), "greeting": (), "greeting_menu": (), "help": (), "you_are_welcome": (),
    "sorry_bot": (), "off_topic": (), "privacy": (), "no_answer_known": (), "offer_to_file_question": (),
    "faq": ("answer",),
    "old_button": (), "old_button_menu": (), "trouble": (), "no_adverts": (), "stay_polite": (),
    "received_voice": (), "received_sticker": (), "received_video": (), "received_document": (),
    "received_contact": (), "received_unsupported": (),
    # gathering a report
    "ask_description": (), "ask_category": (), "ask_category_words": (), "ask_place": (), "ask_place_again": (),
    "ask_place_detail": ("place",), "ask_place_one": ("place",), "ask_place_which": (), "place_outside": ("outside",),
    "ask_photo": (), "ask_photo_send": (), "photo_enough": ("most",), "photo_not_a_picture": (), "photo_too_big": (),
    "photo_too_many_pixels": (), "photo_unavailable": (),
    "summary": (
        "category", "classification", "description", "date", "photos", "anonymity", "reporter", "place", "detail",
        "pin", "uncertain", "files", "phone",
    ),
    "ask_change": (), "ask_new_description": (), "ask_date": (), "ask_date_again": (), "ask_new_photos": (),
    "ask_reporter": (), "ask_phone": (), "ask_phone_again": (), "file_kept": ("kind",), "file_enough": ("most",),
    "ask_anonymity": (), "anonymity_noted": ("anonymity",), "filed": ("ticket",),
    "cancelled": (), "nothing_to_cancel": (), "starting_over": (), "offer_draft": ("words",),
    "offer_further": ("words",), "draft_dropped": (), "draft_closed": (), "reminder": (),
    "draft_kept": (), "nothing_more": (), "place_noted": (), "words_noted": (),
    "edit_noted": (), "similar": ("whose", "ticket", "category", "place", "street", "state", "filed"), "supported": (),
    # what became of a report
    "status_none": (), "status_not_yours": ("ticket",), "status_one": (*_REPORT[:-1], "checked"),
    "status_list": ("count", "shown", *_LISTED),
    "report_filing_unknown": _REPORT, "report_failed": _REPORT, "report_submitted": _REPORT,
    "report_verified": _REPORT, "report_in_progress": _REPORT, "report_need_info": (*_REPORT, "asks"),
    "report_transferred": _REPORT, "report_done": (*_REPORT, "asks"), "report_closed": _REPORT,
    "report_archived": (*_REPORT, "asks"), "report_rejected": _REPORT,
    "agency_answered": ("ticket", "sender", "words", "count", "attached"), "ask_info": ("ticket",),
    "info_passed_on": ("ticket",),
    "added_to_report": ("ticket", "count", "full"), "ask_done": ("ticket",),
    "ask_not_done": ("ticket",), "reopened": ("ticket",), "done_thanks": (),
    # one's own data
    "my_data": ("since", "messages", "photos", "name", "phone", "count", "shown", *_LISTED), "ask_erase": ("kept",),
    "erased": ("kept", "incident"), "erase_not": (),
    # someone is in danger
    "emergency_live": ("type", "outside"), "emergency_ask": ("type",), "emergency_more": ("by", "type"),
    "emergency_ask_again": ("type",), "emergency_withdrawn": (),
    "emergency_ask_place": (), "emergency_ask_place_again": (), "emergency_ask_phone": (),
    "emergency_ask_victims": (), "emergency_noted": (), "emergency_noted_by": ("by",), "emergency_not_now": (),
    "emergency_alerted_unconfirmed": (), "emergency_unanswered": (), "emergency_acknowledged": _DESK,
    "emergency_dispatched": _DESK, "emergency_on_scene": _DESK, "emergency_resolved": _DESK,
    "emergency_not_emergency": _DESK, "emergency_over_safe": ("by",), "emergency_over_joke": ("by",),
    "emergency_not_raised": (),
    # to a person and back
    "staff_called": ("back",), "staff_already_called": ("back",), "staff_here": ("by",), "staff_gone": (),
    "staff_timed_out": (),
    # buttons
    "option_name": ("name",), "option_send": (), "option_change": (), "option_change_category": (),
    "option_change_place": (), "option_change_description": (), "option_change_date": (),
    "option_change_photos": (), "option_change_reporter": (), "option_anonymity": (),
    "option_anonymity_anonim": (), "option_anonymity_rahasia": (), "option_anonymity_none": (),
    "option_photo_skip": (), "option_place_skip": (), "option_place_none": (), "option_place_other_place": (),
    "option_place_keep": (), "option_report_new": (), "option_status": (), "option_staff": (),
    "option_shelf_take": (), "option_shelf_drop": (), "option_emergency_yes": (), "option_emergency_no": (),
    "option_emergency_skip": (), "option_change_phone": (), "option_phone_skip": (), "option_similar_support": (),
    "option_similar_new": (), "option_similar_drop": (), "option_done_yes": (), "option_done_no": (),
    "option_erase_yes": (), "option_erase_no": (), "option_question_file": (), "option_info_answer": (),
    # names and small parts of other sentences
    "clock": ("hour", "minute"), "numbered": ("number", "title"),
    "state_queued": (), "state_filing": (), "state_filing_unknown": (), "state_failed": (), "state_submitted": (),
    "state_verified": (), "state_in_progress": (), "state_need_info": (), "state_transferred": (),
    "state_done": (), "state_closed": (), "state_archived": (), "state_rejected": (),
    "classification_pengaduan": (), "classification_aspirasi": (), "classification_permintaan_informasi": (),
    "anonymity_none": (), "anonymity_anonim": (), "anonymity_rahasia": (),
}  # fmt: skip

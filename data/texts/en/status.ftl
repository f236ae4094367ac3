# News of reports that were sent.

status_none = There is no report from you yet. To make one, just write the problem and the place.
status_not_yours = Number *{ $ticket }* is not among your reports. Please check the number.
status_one =
    {"*"}{ $ticket }* ({ $category }), sent { $filed_day }: *{ $state }*.{ $has_tracking ->
        [yes] {" "}SP4N-LAPOR! number: { $tracking }.
       *[no] {""}
    }{ $has_note ->
        [yes] {"\u000A"}Note: { $note }
       *[no] {""}
    }{ $has_checked ->
        [yes] {"\u000A"}Last checked at SP4N-LAPOR!: { $checked_day }, { $checked }.
       *[no] {""}
    }
status_list =
    The latest { $shown } of { $count } reports:
    { $ticket1 } ({ $category1 }): { $state1 }
    { $ticket2 } ({ $category2 }): { $state2 }{ $has_ticket3 ->
        [yes] {"\u000A"}{ $ticket3 } ({ $category3 }): { $state3 }
       *[no] {""}
    }
    Write a number to see that report.

report_filing_unknown = An officer is checking whether report *{ $ticket }* was sent. You do not need to send it again.
report_failed = Report *{ $ticket }* could not be passed to SP4N-LAPOR! yet, and an officer is on it. You do not need to send it again.
report_submitted =
    Report *{ $ticket }* is now at SP4N-LAPOR!{ $has_tracking ->
        [yes] {" "}under tracking number *{ $tracking }*.
       *[no] .
    }
report_verified = Report *{ $ticket }* was verified{ $has_addressee ->
        [yes] {" "}and passed to { $addressee }.
       *[no] .
    }
report_in_progress = Report *{ $ticket }* is being worked on{ $has_addressee ->
        [yes] {" "}by { $addressee }.
       *[no] .
    }{ $has_note ->
        [yes] {"\u000A"}Note: { $note }
       *[no] {""}
    }
report_need_info = The agency needs more information for report *{ $ticket }*.{ $has_note ->
        [yes] {"\u000A"}Its question: { $note }
       *[no] {""}
    }{"\u000A"}{ $asks ->
        [yes] Please write the answer here, with a photo or the place if you like. We pass it on to the agency.
       *[no] When you have a moment, write *{ $ticket }* to answer.
    }
report_transferred = Report *{ $ticket }* was moved{ $has_addressee ->
        [yes] {" "}to { $addressee }.
       *[no] {" "}to another agency in charge.
    }{ $has_note ->
        [yes] {"\u000A"}Note: { $note }
       *[no] {""}
    }
report_done = According to the agency, report *{ $ticket }* ({ $category }) is done.{ $has_note ->
        [yes] {"\u000A"}Note: { $note }
       *[no] {""}
    }{"\u000A"}{ $asks ->
        [yes] Is it really done?
       *[no] If it is not really done, write *petugas*.
    }
report_closed = Report *{ $ticket }* ({ $category }) was closed.{ $has_note ->
        [yes] {"\u000A"}Note: { $note }
       *[no] {""}
    }
report_archived = Report *{ $ticket }* ({ $category }) was archived, so no agency works on it.{ $has_note ->
        [yes] {"\u000A"}The reason: { $note }
       *[no] {""}
    }{"\u000A"}{ $asks ->
        [yes] Would you like to correct it and send it again? What you wrote is ready.
       *[no] If you like, write a new report with more detail.
    }
report_rejected = Report *{ $ticket }* cannot be processed.{ $has_note ->
        [yes] {"\u000A"}The reason: { $note }
       *[no] {""}
    }{"\u000A"}Write *petugas* if you would like it explained.

added_to_report =
    { $count ->
        [0] That is now part of report *{ $ticket }*.
       *[other] The attachment was added to report *{ $ticket }*.
    }{ $full ->
        [yes] {" "}Some were left out, as there are five already.
       *[no] {""}
    }
ask_done = Is report *{ $ticket }* really done?
ask_not_done = What is not done yet on report *{ $ticket }*? Write it here, with a photo if you like.
reopened = Thank you. Report *{ $ticket }* is open again, and your words are passed on.
done_thanks = Thank you for making sure.

agency_answered = { $has_sender ->
        [yes] Answer from { $sender }
       *[no] Answer from the agency
    } to report *{ $ticket }*:{"\u000A"}{ $words }{ $count ->
        [0] {""}
       *[other] {"\u000A"}Attached at SP4N-LAPOR! ({ $count }): { $attached }
    }
ask_info = Please write your answer to the agency about report *{ $ticket }*, with a photo if you like.
info_passed_on = Thank you. Your answer about report *{ $ticket }* is passed on to the agency.

# Greetings, answers beside the matter, and the handover to a person.

notice = This is an automatic service of the Kutai Timur regency that stores your number, messages, locations and photos to handle reports (Law 27/2022); if you have questions about that, write *petugas* (an officer).

greeting = Hello. Let us go on.
greeting_menu = Hello. Just write the problem and the place, or choose:
menu = I pass reports to SP4N-LAPOR! and emergencies to 112. Just write the problem and the place, or choose:
help = Write the problem and the place, and I make it a report. You can always write *batal* (stop), *ulang* (start over), *status* or *petugas* (a person).
you_are_welcome = You are welcome.
sorry_bot = I am sorry, I am an automatic service, not a person, and may misunderstand. Write *petugas* to talk to a person.
off_topic = Sorry, I cannot help with that. I take reports on roads, power, water, rubbish and other services in Kutai Timur, and emergencies.
privacy = We store your number, profile name, messages, locations and photos to handle reports; the agency in charge sees the content. To see or erase it, write *data saya* (my data) or *hapus data saya* (erase my data).
no_answer_known = Sorry, I have no official answer to that question yet.
offer_to_file_question = I have no official answer to that question yet. Shall it be passed to the agency as a request for information?
faq =
    { $answer }

    Source: { $answer_source } (as of { $answer_day }).
old_button = That button belongs to an earlier question. Let us go on with this one.
old_button_menu = That button is no longer valid. Just write the problem and the place, or choose:

received_voice = Sorry, I cannot listen to voice messages yet. Please write what you said. If there is danger, call *112* (free).
received_sticker = The sticker has arrived, but I only understand words. Please write your message.
received_video = I received a video but cannot keep it (15 MB at most). Please write what it shows and send a photo.
received_document = I received a document, but only PDF up to 15 MB can be kept. Please write what it says or send it as a photo.
received_contact = I received a contact. For a report, please write the problem and the place.
received_unsupported = Sorry, I received something I cannot read yet. Please write it in words or send a photo.

staff_called =
    { $has_back ->
        [yes] Your wish to talk to an officer is kept. The officers are back on { $back_day } at { $back }. Meanwhile I go on helping.
       *[no] Your wish to talk to an officer was passed on. Meanwhile I go on helping.
    }
staff_already_called =
    { $has_back ->
        [yes] Your wish is kept. An officer answers here from { $back_day }, { $back }.
       *[no] An officer has been told and will answer here.
    }
staff_here =
    { $has_by ->
        [yes] { $by } now answers here in person. I will be quiet.
       *[no] An officer now answers here in person. I will be quiet.
    }
staff_gone = The talk with the officer has ended. I am helping here again.
staff_timed_out = The officer has not answered for 60 minutes. I am helping again; write *petugas* if you still need one.

trouble = *Call 112 (free)* if anyone is in danger. Sorry, we could not read that message; an officer has been told and will answer here.

no_adverts = This service is only for reports on public services and for emergencies. Advertising is not answered. If there is a problem, write it with its place.
stay_polite = I understand that you are upset. Just write the problem and the place, and I pass it on.

my_data =
    Kept since { $since_day }: { $messages } messages, { $photos } photos or files{ $name ->
        [yes] , your profile name
       *[no] {""}
    }{ $phone ->
        [yes] , your phone number
       *[no] {""}
    }, and { $count } reports.{ $has_ticket1 ->
        [yes] {"\u000A"}{ $ticket1 }: { $state1 }
       *[no] {""}
    }{ $has_ticket2 ->
        [yes] {"\u000A"}{ $ticket2 }: { $state2 }
       *[no] {""}
    }{ $has_ticket3 ->
        [yes] {"\u000A"}{ $ticket3 }: { $state3 }
       *[no] {""}
    }

    To erase it, write *hapus data saya*.
ask_erase =
    Erase all your data in this service? Your name, number, messages and unsent reports cannot be brought back.{ $has_kept ->
        [yes] {" "}Reports that are already at SP4N-LAPOR! ({ $kept }) stay.
       *[no] {""}
    }
erased =
    Your data was erased from this service.{ $has_kept ->
        [yes] {" "}What is at SP4N-LAPOR! stays there without your name and number from us: *{ $kept }*.
       *[no] {""}
    }{ $incident ->
        [yes] {" "}The emergency that 112 is still handling stays on record without your name and number.
       *[no] {""}
    }
erase_not = All right, nothing was erased.

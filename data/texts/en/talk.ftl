# Greetings, answers beside the matter, and the handover to a person.

notice = This is an automatic service of the Kutai Timur regency: your number, messages, locations and photos are stored to handle reports under Law 27/2022 (UU PDP); questions about your data can be put to an officer (*petugas*).

greeting = Hello. Let us go on.
greeting_menu = Hello. Just write the problem and the place, or choose:
menu = I pass reports to SP4N-LAPOR! and emergencies to 112. Just write the problem and the place, or choose:
help = Write the problem and the place, and I make it a report. You can always write *batal* (stop), *ulang* (start over), *status* or *petugas* (a person).
you_are_welcome = You are welcome.
sorry_bot = I am sorry, I am an automatic service and may misunderstand. Write *petugas* to talk to a person.
off_topic = Sorry, I cannot help with that. I take reports on public services in Kutai Timur, and emergencies.
privacy = We store your number, profile name, messages, locations and photos to handle reports; the agency in charge sees the content. To see or delete your data, write *petugas*.
no_answer_known = Sorry, I have no official answer to that question yet.
offer_to_file_question = I have no official answer to that question yet. Shall it be passed to the agency as a request for information?
old_button = That button belongs to an earlier conversation.
old_button_menu = That button is no longer valid. Just write the problem and the place, or choose:

received_voice = I received a voice message but cannot listen to it yet. Please write it in words.
received_sticker = I received a sticker. Please write it in words.
received_video = I received a video but cannot read it yet. Please write what it shows and send a photo.
received_document = I received a document but cannot read it yet. Please write what it says or send it as a photo.
received_contact = I received a contact. For a report, please write the problem and the place.
received_unsupported = I received something I cannot read yet. Please write it in words or send a photo.

staff_called = Your wish to talk to an officer was passed on. Meanwhile I go on helping.
staff_already_called = An officer has been told and will answer here.
staff_here =
    { $has_by ->
        [yes] { $by } now answers here in person. I will be quiet.
       *[no] An officer now answers here in person. I will be quiet.
    }
staff_gone = The talk with the officer has ended. I am helping here again.
staff_timed_out = The officer has not answered for 60 minutes. I am helping again; write *petugas* if you still need one.

trouble = *Call 112 (free)* if anyone is in danger. Sorry, we could not read that message; an officer has been told and will answer here.

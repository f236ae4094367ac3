# Gathering a report: one question at a time.

ask_description = Please tell us about the problem: what is wrong, and where?

ask_category = Which category fits this report best?
ask_category_words = Which category would be right? Write it in your own words, for example *bridge* or *rubbish*.

ask_place = Where is it? Write the village and the road or nearest landmark, or send the location.
ask_place_again = I do not know that place yet. Write the name of the village or kecamatan, or send the location: press attach (the paper clip), choose *Location*, and send the point.
ask_place_detail = It is in { $place }. On which road, or near which landmark?
ask_place_one = Do you mean { $place }?
ask_place_which = Which of these places do you mean?
place_outside =
    { $outside } seems to lie outside Kutai Timur. For that area you can report at lapor.go.id, which serves all of Indonesia.

    Your report is kept here. Would you like to change the location?

ask_photo = Do you have a photo? Send one to five, or choose *Skip*.
ask_photo_send = Please send the photo now, or choose *Skip*.
file_kept =
    { $kind ->
        [video] The video is kept as an attachment.
       *[document] The document is kept as an attachment.
    }
photo_enough = That is enough; the first { $most } are used.
file_enough = This report already has { $most } files. The new one is not kept.
photo_not_a_picture = That file is not a picture that can be opened. Please send it as a normal photo (JPG or PNG).
photo_too_big = The photo is too large. Please send it again as a normal photo, not as a document.
photo_too_many_pixels = The picture's dimensions are too large. Please send it again as a normal photo, not as a document.
photo_unavailable = The photo did not reach us. Please send it once more.

summary =
    Please check first:

    { $classification }: { $category }
    Location: { $has_place ->
        [yes] { $has_detail ->
            [yes] { $detail }, { $place }
           *[no] { $place }
        }
       *[no] { $has_detail ->
            [yes] { $detail }
           *[no] not given
        }
    }{ $pin ->
        [yes] {" "}(map point attached)
       *[no] {""}
    }{ $uncertain ->
        [yes] {" "}(*location not certain*)
       *[no] {""}
    }
    Description: { $description }
    Date: { $date }
    Photos: { $photos ->
        [0] none
       *[other] { $photos }
    }{ $files ->
        [0] {""}
       *[other] , and { $files } video or document
    }
    Name: { $anonymity ->
        [anonim] *anonymous*, hidden from the agency and the public
        [rahasia] *confidential*, the content is hidden from the public
       *[none] { $has_reporter ->
            [yes] { $reporter }, seen by the agency
           *[no] no name given
        }
    }{ $anonymity ->
        [none] { $has_phone ->
            [yes] {"\u000A"}Phone: { $phone }
           *[no] {""}
        }
       *[other] {""}
    }

    Choose *Send* when it is right.

ask_change = Which part should be changed?
ask_new_description = Please write the new description.
ask_date = When did it happen? For example *yesterday*, *3 days ago* or *5 May*.
ask_date_again = I could not read that date. Please write it like *yesterday* or *5 May*.
ask_new_photos = The earlier photos are not used. Send new ones, or choose *Skip*.
ask_reporter = In whose name is this report? A first name is enough.
ask_phone = Which phone number can be called? You may also skip this.
ask_phone_again = I could not read that number. Please write its digits only, or choose *Skip*.
ask_anonymity =
    Who may see it?

    {"*"}Anonymous*: your name is hidden from the agency and the public.
    {"*"}Confidential*: the content is hidden from the public.
    {"*"}Show my name*: the agency in charge sees your name.
anonymity_noted =
    { $anonymity ->
        [rahasia] All right, the content of this report will not be shown to the public.
        [anonim] All right, your name will not be shown to the agency and the public.
       *[none] All right, the agency will see your name.
    }

nothing_more = All right. If there is anything else, write at any time.
place_noted = All right, the place is noted.
words_noted = All right, that is added.

filed = Thank you, your report is received under number *{ $ticket }*. Its SP4N-LAPOR! tracking number will follow here. Write *status* at any time to check.

similar =
    { $whose ->
        [own] You already reported something like this under number *{ $ticket }*:
        [supported] You already support a similar report:
       *[other] There is a similar report already:
    } { $category }{ $has_street ->
        [yes] , { $street }
       *[no] {""}
    }{ $has_place ->
        [yes] , { $place }
       *[no] {""}
    }, sent { $filed_day }, now *{ $state }*.

    { $whose ->
        [other] Do you want to support that report? If yours is another problem, choose *New report*.
       *[own] Do you want to make a new report?
    }
supported = Thank you, your support is noted and the officers see it. There is no need to report the same problem again.
edit_noted = That change is noted in the report that was not sent yet.

cancelled = All right, stopped. What you wrote is kept for 23 hours if you want to go on.
nothing_to_cancel = There is no report being written. How can I help?
starting_over = All right, we start again.
offer_draft = There is a report that was not sent: "{ $words }". Go on with it?
offer_further = You also mentioned something else: "{ $words }". Report that too?
draft_dropped = All right, that was not sent. If there is anything else, just write.
draft_kept = All right, what you wrote is kept. Choose *Continue* at any time.
draft_closed = Your unsent report was closed for now. If you still need it, choose *Continue*.
reminder = Your report has not been sent yet, and what you wrote is still here.

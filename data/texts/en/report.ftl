# Gathering a report: one question at a time.

ask_description = Please tell us about the problem: what is wrong, and where?

ask_category = Which category fits this report best?
ask_category_words = Which category would be right? Write it in your own words, for example *bridge* or *rubbish*.

ask_place = Where is it? Write the village and the road or nearest landmark, or send the location.
ask_place_again = I do not know that place yet. Write the name of the village or kecamatan, or send the location: press attach, choose *Location*, and send the point.
ask_place_detail = It is in { $place }. On which road, or near which landmark?
ask_place_one = Do you mean { $place }?
ask_place_which = Which of these places do you mean?
place_outside =
    { $outside } seems to lie outside Kutai Timur. For that area you can report at lapor.go.id, which serves all of Indonesia.

    Your report is kept here. Would you like to change the location?

ask_photo = Do you have a photo? Send one to five, or press *Skip*.
ask_photo_send = Please send the photo now, or press *Skip*.
photo_enough = Five photos are enough: the first { $most } are used.
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
    }
    Name: { $anonymity ->
        [anonim] *anonymous*, hidden from the agency and the public
        [rahasia] *confidential*, the content is hidden from the public
       *[none] { $has_reporter ->
            [yes] { $reporter }, seen by the agency
           *[no] no name given
        }
    }

    Press *Send* when it is right.

ask_change = Which part should be changed?
ask_new_description = Please write the new description.
ask_date = When did it happen? For example *yesterday*, *3 days ago* or *5 May*.
ask_date_again = I could not read that date. Please write it like *yesterday* or *5 May*.
ask_new_photos = The earlier photos were taken off. Send new ones, or press *Skip*.
ask_reporter = In whose name is this report? A first name is enough.
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

filed = Thank you, your report is received under number *{ $ticket }*. Its SP4N-LAPOR! tracking number will follow here. Write *status* at any time to check.

cancelled = All right, stopped. What you wrote is kept for 23 hours if you want to go on.
nothing_to_cancel = There is no report being written. How can I help?
starting_over = All right, we start again.
offer_draft = There is a report that was not sent: "{ $words }". Go on with it?
offer_further = You also mentioned something else: "{ $words }". Report that too?
draft_dropped = All right, that was not sent. If there is anything else, just write.
draft_closed = Your unsent report was closed for now. If you still need it, press *Continue*.
reminder = Your report has not been sent yet, and what you wrote is still here.

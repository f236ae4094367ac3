# Emergencies: 112 always first, calm, one question, no promise of help before somebody accepted.

emergency_live =
    { $type ->
        [krisis_jiwa] { emergency_live.calm }
       *[other] { emergency_live.alarm }
    }
    .call = *Call 112 now (free)*
    .calm = { emergency_live.call }{"\u000A"}You are not alone. For mental health support: *119 ext 8* (press 8). This message was passed to the 112 desk; it is not certain yet that anyone has read it. Stay with someone you trust, put dangerous things out of reach, and breathe slowly.{ $outside ->
            [yes] {" "}The place lies outside Kutai Timur; the 112 desk will pass it on.
           *[no] {""}
        }
    .alarm = { emergency_live.call }{"\u000A"}An alert was passed to the 112 desk; it is not certain yet that anyone has read it, so please do call.{ $outside ->
            [yes] {" "}The place lies outside Kutai Timur; the 112 desk will pass it on to that area.
           *[no] {""}
        }{"\u000A\u000A"}{ emergency_live.safety }
    .safety = { $type ->
        [kebakaran] Get out at once, stay low under the smoke, and do not go back in.
        [kecelakaan] Do not move the injured unless there is fire; warn other vehicles from a safe spot.
        [medis] Check their breathing, give nothing to eat or drink, and follow the operator's advice.
        [banjir] Go to higher ground and do not cross moving water.
        [bencana] Move away from slopes, cracked buildings and poles; wait in the open.
        [sar] Do not go into the water or forest yourself; throw a rope or float if there is one, and mark where they were last seen.
        [kriminal] Get to a safe, locked place; do not fight or follow the attacker.
        [hewan_buas] Back away slowly into a closed place; do not try to catch or provoke the animal.
        [listrik] Stay at least 10 metres from the cable and touch no person or water near it.
        [pohon_tumbang] Keep away from the tree and any cables; do not lift branches yourself.
        [bahan_berbahaya] Move away towards where the wind comes from; light no fire and touch no light switch.
        [kecelakaan_kerja] Stop the machine if that is safe, and do not enter a pit or tank to help.
        [krisis_jiwa] Stay with someone you trust and put dangerous things out of reach.
       *[lainnya] Move away from the danger and wait in a safe place that is easy to find.
    }

emergency_ask =
    {"*"}Call 112 (free)* if anyone is in danger.{ $type ->
        [krisis_jiwa] {" "}For mental health support: *119 ext 8*.
       *[other] {""}
    }

    Is this happening now, and is help needed?

emergency_ask_again =
    {"*"}Call 112 (free)* if anyone is in danger. What you wrote is noted.

    Is this still happening now, and is help needed? Reply *Yes* or *No*.

emergency_more =
    { $type ->
        [krisis_jiwa] { emergency_more.calm }
       *[other] { emergency_more.told }
    }
    .calm = *112 can still be called (free)*, and so can *119 ext 8*. Thank you for telling us; you are not alone. This was passed to the officers. If you can, ask someone to stay with you.
    .told = { $has_by ->
        [yes] *112 can still be called (free).* This is passed on to { $by }.
       *[no] *112 can still be called (free).* This was passed on; it is not certain yet that anyone has read it, so please do call.
    }

emergency_ask_place = Where is it? Send your location as an attachment, or write the village and the nearest landmark.
emergency_ask_place_again = Please name the village, the road or the nearest landmark, so that you can be found.
emergency_ask_phone = Which phone number can the officers call?
emergency_ask_victims = Is anyone hurt or trapped? How many people?

emergency_noted = This was passed to the 112 desk, but it is not certain yet that anyone has read it. Please keep calling *112*.
emergency_noted_by = This was passed on to { $by }.
emergency_withdrawn = All right, your words were passed to the 112 desk. If there is still danger, call *112* (free).
emergency_over_safe =
    Thank you for telling us, it is good to hear that everyone is safe. { $has_by ->
        [yes] This was passed on to { $by }, who closes the case after making sure.
       *[no] This was passed to the 112 desk, where a person closes the case after making sure.
    } If the danger comes back, call *112* (free).
emergency_over_joke =
    Thank you for telling us. { $has_by ->
        [yes] This was passed on to { $by }, who closes the alert after making sure.
       *[no] This was passed to the 112 desk, where a person closes the alert after making sure.
    } If anyone is in danger after all, call *112* (free).
emergency_not_raised = All right, thank you. The 112 desk was not called. If anyone is in danger, call *112* (free).
emergency_not_now = All right, no danger now. If that changes, call *112* at once (free). We go on with a normal report.
emergency_alerted_unconfirmed =
    {"*"}Call 112 (free)* if anyone is in danger.

    As there was no answer, your message was passed to the 112 desk as not confirmed. Reply *Yes* if it is happening now.
emergency_unanswered =
    {"*"}Call 112 now (free)*
    The alert has not been read yet, so it is passed to the next officer too. Do not wait for an answer here.

emergency_acknowledged =
    { $has_by ->
        [yes] { $by } read your message at { $at }.
       *[no] The 112 desk read your message at { $at }.
    } Stay in a safe place and keep your phone on.
emergency_dispatched =
    { $has_by ->
        [yes] At { $at } { $by } told us that help was sent out.
       *[no] At { $at } the officers told us that help was sent out.
    } If anything changes, write here or call 112.
emergency_on_scene = According to the officers, help arrived at { $at }. Please follow their directions.
emergency_resolved = The officers recorded at { $at } that this has been dealt with. If there is still danger, call *112* (free).
emergency_not_emergency = The officers judge that this is not an emergency. If there is still danger, call *112* (free).

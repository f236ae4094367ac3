# Names that appear inside other sentences.
clock = { $hour }:{ $minute } WITA
numbered = { $number }. { $title }

state_queued = waiting to be sent
state_filing = being sent
state_filing_unknown = being checked by an officer
state_failed = not sent yet, an officer is on it
state_submitted = received by SP4N-LAPOR!
state_verified = verified
state_in_progress = in progress
state_need_info = more information needed
state_transferred = passed to another agency
state_done = done
state_closed = closed
state_archived = archived
state_rejected = cannot be processed

classification_pengaduan = Complaint
classification_aspirasi = Suggestion
classification_permintaan_informasi = Request for information

anonymity_none = name shown
anonymity_anonim = anonymous
anonymity_rahasia = confidential

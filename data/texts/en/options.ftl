# Button titles. `.short` is used where a button holds no more than 20 letters.
option_name = { $name }

option_send = Send
option_change = Change
option_change_category = Category
option_change_place = Location
option_change_description = Description
option_change_date = Date
option_change_photos = Photos
option_change_reporter = Reporter's name
option_anonymity = Who can see it
option_anonymity_anonim = Anonymous
option_anonymity_rahasia = Confidential
option_anonymity_none = Show my name
option_photo_skip = Skip
option_place_skip = Skip
option_place_none = None of these
option_place_other_place = Change location
option_place_keep = Keep this location
option_report_new = Make a report
option_status = Report status
option_staff = Talk to an officer
option_shelf_take = Continue
option_shelf_drop = No, thanks
option_emergency_yes = Yes
option_emergency_no = No
option_emergency_skip = Skip

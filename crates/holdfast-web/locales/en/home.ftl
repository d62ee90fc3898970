# Room: home. The consumer's pages.
home-title = My devices
home-nav = My home
home-nav-home = Devices
home-nav-alerts = News
home-nav-support = Support
home-nav-help = Help
home-nav-settings = Me
home-unread = not read yet
home-tabs = About this device
home-tab-now = Now
home-tab-updates = Updates
home-tab-people = People
home-tab-give = Give away
home-tab-leave = Leave
home-now = What is with it now
home-guest = you are a guest here
home-add = Add a device
home-add-scan = Scan the code on the device with your phone's camera, or type what is printed below it.
home-older = Older ones
home-on = On
home-off = Off
home-unset = as the device likes
home-unknown = not known
home-hidden = hidden
home-me = you
home-change = Change
home-since = since: { $at }
home-just-now = just now
home-ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
home-ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
home-ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
home-in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
home-in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
home-in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}

# No device yet.
home-empty-title = Bring your first device home
home-empty-1 = Switch the device on and stay beside it.
home-empty-2 = Scan the code on its label with your phone's camera.
home-empty-3 = Press the button on the device when it asks. Done: no password needed.
home-empty-code = No camera at hand? Type the code on the label
home-empty-type = Go on
home-empty-invited = Were you invited to somebody's device? Open the link that they sent you.

# States in a word or two.
home-state-danger = needs you now
home-state-attention = needs you
home-state-choice = asks you
home-state-busy = is busy
home-state-away = not reachable
home-state-never = not set up yet
home-state-fine = all well
home-more = { $count ->
    [one] and { $count } more thing to look at
   *[other] and { $count } more things to look at
}
home-listening = { $count ->
    [one] { $count } sensor listens or watches now
   *[other] { $count } sensors listen or watch now
}

# What is with a device, and what to do.
home-line-revoked = The maker has withdrawn this device. It cannot connect any more.
home-step-revoked = It still does its basic work. Ask the maker why, and what you get instead.
home-line-cloned = Somebody else pretends to be this device. They were refused.
home-step-cloned = Your device goes on working. If you bought it second-hand or lent it to somebody, tell the maker.
home-line-contained-software = Software runs on it that its maker did not publish. It is shut off from everything else ({ $since }).
home-step-contained-software = It goes back to its last good version by itself, usually within minutes. If it has not after an hour: switch it off and on once, then ask the maker.
home-line-contained-person = The maker has shut it off for safety ({ $since }).
home-step-contained-person = It still does its basic work. Ask the maker what happened if nobody has told you.
home-line-contained-behaviour = It behaved in an unusual way and was shut off to be safe ({ $since }).
home-step-contained-behaviour = Switch it off and on once. It is let in again when it has proven itself.
home-line-contested = Somebody else has this device in their hands and becomes its owner { $until } unless you object.
home-line-contested-title = Somebody else asks for this device
home-line-recalled = The maker wants to end your ownership { $until } unless you stop it.
home-step-recalled = Did you send it back or ask for it? Then do nothing. If not, stop it now.
home-step-contested = Did you give it away? Then do nothing. If not, object now.
home-line-unusual = It behaves in an unusual way. The maker is looking into it.
home-step-unusual = Check that nobody has opened or moved it. Switch it off if you are worried.
home-line-never = It has never been connected.
home-step-never = Switch it on, bring it near your Wi-Fi, and follow its manual.
home-line-away = Nothing comes from it. It was last heard { $since }.
home-step-away = Is it switched on, and is your Wi-Fi working? It does its work without a connection too and tells everything when it is back.
home-line-away-short = Not reachable just now (last seen { $since }). It comes back by itself.
home-line-asks = The device asks for a yes: somebody wants to connect.
home-step-asks = Go to the device. Compare the digits and confirm there only if it was you.
home-line-battery = Its battery is at { $percent } %.
home-step-battery = Charge or change the battery in the next days.
home-line-support-ended = It gets no security updates any more.
home-step-support-ended = It goes on working. From now on, use it without internet or replace it; the page about support says how.
home-line-support-soon = Security updates end in { $days } days.
home-step-support-soon = Nothing to do yet. The page about support says what happens then.
home-line-update-failed = The update to { $version } could not be installed. The device runs as before.
home-step-update-failed = Nothing is broken. Its maker knows; there is a note on the updates page.
home-line-update-rolled-back = After the update to { $version } it was not well, so it went back to the version before by itself.
home-step-update-rolled-back = It works, and does not try this version again. Its maker knows.
home-line-update-waits = Version { $version } with something new is ready.
home-step-update-waits = Look what it brings, then choose: now, tonight, or not this one.
home-line-update-ready = Version { $version } is installed shortly, by itself.
home-line-update-night = Version { $version } is installed tonight, between 1 and 5 o'clock.
home-line-update-later = You put version { $version } off. It is asked or installed again { $until }.
home-line-update-refused = You decided against version { $version }.
home-step-update-changed = You can still change your mind.
home-line-security-refused = You decided against the security update { $version }. A known flaw stays open.
home-step-security-refused = Please think about it again: with this flaw, others may get into your device.
home-line-update-downloading = It is fetching version { $version } ({ $percent } %). It goes on working meanwhile.
home-line-update-installing = It is installing version { $version }. It goes on working meanwhile.
home-line-update-restarting = It restarts with version { $version } and checks that it is well. This takes a minute or two.
home-line-update-silent = It began to install version { $version } and has been quiet since.
home-step-update-silent = Leave it switched on. If nothing changes within a day, switch it off and on once.
home-line-update-done = Version { $version } was installed { $at }.
home-line-settings-wait = { $count ->
    [1] One setting waits until the device takes it over.
   *[other] { $count } settings wait until the device takes them over.
}
home-line-works = It does its work.
home-line-works-version = It does its work, with version { $version }.
home-go-updates = To its updates
home-go-people = To its people
home-go-support = About support
home-go-help = Ask the maker

# One device.
home-version = version { $version }
home-listens-title = Who is listening now?
home-listens-on = on
home-listens-off = off
home-listens-unknown = not known
home-listens-note = The device says this itself, and lights its own lamp. If a lamp and this page differ, believe the lamp and ask the maker.
home-sense-microphone = Microphone
home-sense-camera = Camera
home-sense-location = Location
home-controls = Settings
home-controls-lead = Also while the device is away: it takes them over when it is back.
home-setting-has = The device still has: { $value }
home-actions = Do
home-no-control = Its owner has not given you the right to change settings.
home-sent-title = What it sent
home-sent-lead = How much came, and the newest values. Nobody outside your home sees the values without your say.
home-sent-only-figures = How much came. Its owner has not given you the right to see values.
home-sent-readings = { $count ->
    [one] { $count } reading
   *[other] { $count } readings
}
home-sent-missing = { $count ->
    [one] { $count } lost on the way
   *[other] { $count } lost on the way
}
home-measured = measured { $at }
home-local-title = Without internet
home-local-text = Every setting can also be changed at home, straight at the device, when internet or maker are away.
home-local-how = How it works
home-local-1 = Be in the same Wi-Fi as the device. Open its own page: its address stands on its screen, in its manual or in the list of your router.
home-local-2 = Connect your phone once; confirm it at the device if the digits agree.
home-local-3 = What you change there shows here as soon as the internet is back. The newest wish counts.
home-local-id = Its name in your network: { $id }

# Updates.
home-updates-of = Updates of { $name }
home-updates-runs = Runs version { $version }
home-updates-runs-unknown = We do not know yet what it runs
home-offer-title = Version { $version }
home-kind-security = security
home-kind-feature = something new
home-offer-why = Why
home-offer-size = Size
home-offer-effect = What you notice
home-offer-effect-text = It works while it fetches and installs. At the end it restarts: about one or two minutes.
home-offer-published = Published
home-offer-fails = If it goes wrong
home-offer-fails-text = The device goes back to the version before by itself.
home-signers = { $count ->
    [one] signed by one person
   *[other] signed by { $count } people
}
home-run-queued = waits
home-run-downloading = is being fetched
home-run-installing = is being installed
home-run-rebooting = restarts
home-run-succeeded = installed
home-run-failed = not installed
home-run-rolled-back = taken back
home-run-declined = not wanted
home-run-unknown = no news
home-standing-goes = It is installed as soon as the device looks for it.
home-standing-yes = It waits for your yes.
home-standing-night = It is installed in the night, { $in }.
home-standing-later = You put it off; it comes back { $in }.
home-standing-refused = You said: not this one.
home-standing-runs = The device is at it. You need do nothing.
home-choose = Your choice
home-choose-security = A security update installs by itself. You can put it off for up to seven days.
home-choose-feature = Nothing is installed without your yes.
home-choose-now = Install now
home-choose-tonight = Install tonight, 1 to 5 o'clock
home-choose-zone = Your time zone
home-choose-days = Days
home-choose-later = Later
home-choose-never = Not this one …
home-choose-never-security = It closes a known flaw. Without it others may get into your device or see what it sees. Your no is kept and shown on its page.
home-choose-never-feature = The device stays at its version. Later versions are offered again.
home-choose-never-yes = Do not install this one
home-choose-not-yours = Its owner chooses when it is installed.
home-no-offer = Up to date
home-no-offer-text = There is nothing newer. When there is, it stands here with its reason.
home-past = Earlier updates
home-past-none = None yet.

# People.
home-people-of = People with { $name }
home-people-lead = Who may use this device, and how far.
home-household = Household
home-owner = owner
home-invited = Open invitation
home-expires = ends { $in }
home-rights = What they may do
home-right-look = see its state
home-right-control = change settings
home-right-updates = choose updates
home-right-data = see what it measured
home-remove = Remove { $name }
home-invite-title = Invite somebody
home-invite-lead = You get a link that works once. Whoever opens it has the rights that you give here. You can take them back at any time.
home-invite-may = They may also
home-invite-make = Make a link
home-invite-made = Your invitation
home-invite-once = This link is shown only now. It works once and ends after a few days.
home-invite-send = Send it to the one person whom you mean.
home-invite-cancel = Take back
home-name-title = Name
home-name-label = What you call it, such as “living room”
home-phones-title = Paired phones
home-phones-lead = They can use the device in your own network, without internet. The device has confirmed each.
home-phones-none = None is paired.
home-phone-end = End
home-contest-text = They hold it in their hands and have confirmed at it. Without your objection it becomes theirs { $until }, and everything of yours is erased from it first.
home-contest-object = Object: it is mine

# Parting.
home-give-of = Give { $name } away
home-leave-of = Leave { $name }
home-leave-confirm = This cannot be taken back. Prove once more that it is you before you go on.
home-leave-confirm-go = Prove it now
home-release-title = Sell it, give it away, dispose of it
home-release-lead = One act does all of it:
home-release-1 = The device erases your settings, paired phones and everything it keeps of you, as soon as it is connected.
home-release-2 = We delete what it measured and what it was told. Only what the law asks for stays, without your name.
home-release-3 = Everybody of the household loses access at once.
home-release-4 = The next person can claim it with the code on its label.
home-release-do = Give { $name } away
home-understood = I understood that this cannot be taken back.
home-transfer-title = Hand it on within the household
home-transfer-lead = Somebody of the household becomes the owner. Everything of yours is erased from it likewise.
home-transfer-to = New owner
home-transfer-do = Hand it on
home-go-title = Leave this household
home-go-lead = You cannot see or use the device any more. Its owner is told and can invite you again.
home-understood-leave = Yes, I want to leave.
home-go-do = Leave

# News.
home-alerts-title = News
home-alerts-none = Nothing to tell
home-alerts-none-text = When something happens with your devices or your account, it stands here.
home-alerts-read = Mark all as read
home-alerts-new = New
home-alerts-more = What it means and what to do
home-alerts-go = Go there

# Support.
home-support-title = Until when you get updates
home-support-lead = For each of your products: the last day with security updates, why until then, and what comes after.
home-support-none = No device yet
home-support-none-text = When you have one, its dates stand here.
home-support-until = Security updates until { $day }
home-support-ended = No security updates since { $day }
home-support-left = { $left } left
home-support-over = over
home-support-why = Why until then
home-support-then = What happens then
home-support-then-text = The device goes on working, also without internet. New flaws are not fixed any more. We tell you twelve, six and one months before.
home-support-unknown = The maker has not published a date yet. Ask for it: you have a right to know.
home-support-public = All that the maker promises

# Me.
home-settings-title = Me
home-mail-title = News by e-mail
home-mail-yes = News also go to your e-mail address.
home-mail-no = News stand here only. If you like, they also come by e-mail.
home-mail-off = This service sends no e-mail. News stand here; look now and then.
home-mail-go = E-mail address
home-account-title = Signing in
home-account-text = Passkeys, recovery codes, signed-in browsers.
home-account-go = My account

# Help.
home-help-title = Help
home-help-lead = Ask the maker. Somebody answers, not a machine.
home-help-mine = Your requests
home-help-ask = New request
home-help-promise = You get a first answer within 72 hours.
home-help-topic = What is it about?
home-topic-help = I need help
home-topic-defect = Something is broken
home-topic-data = My data: see, correct, take along, erase
home-topic-complaint = A complaint: something should be put right
home-help-device = Which device?
home-help-no-device = none of them
home-help-text = Your message
home-help-hint = Up to 4000 characters. Please no passwords. Only you and the maker's help desk can read it.
home-help-send = Send
home-help-waiting = waits for an answer
home-help-answered = answered
home-help-late = late: we are sorry
home-help-due = First answer { $in } at the latest
home-help-was-due = The answer was due { $in }. The maker has been reminded.
home-help-asked = asked { $at }
home-help-you = You
home-help-maker = The maker
home-help-talk = Conversation
home-help-add = Add something
home-help-reopen = Open it again
home-help-reopen-until = Not satisfied? You can open it again; this ends { $in }.
home-help-solved = It is solved
home-help-withdraw = Take it back
home-outcome-solved = solved
home-outcome-explained = explained
home-outcome-replaced = repaired or replaced
home-outcome-refunded = money returned
home-outcome-data-done = done with your data
home-outcome-refused = refused
home-outcome-withdrawn = taken back

# After something was done.
home-done-set = Saved. The device takes it over as soon as it is connected.
home-done-ordered = The device is told.
home-done-chosen-now = Good. The device begins as soon as it looks for it.
home-done-chosen-tonight = Good. It is installed in the night.
home-done-chosen-later = Put off.
home-done-chosen-never = It is not installed. You can change your mind here.
home-done-renamed = The name is saved.
home-done-rights = The rights are saved.
home-done-removed = Done. They have no access any more.
home-done-cancelled = The invitation does not count any more.
home-done-revoked = The phone is out as soon as the device is connected.
home-done-read = All read.
home-done-asked = Your request has arrived. The clock is running.
home-done-added = Sent.
home-done-ended = The request is closed.
home-done-left = Done.

# Why something was refused.
home-no-update-none = No update waits any more. Look at the page again.
home-no-update-changed = Another version is offered by now. Look what it brings, then choose.
home-no-update-begun = The device has begun already. It finishes, or goes back by itself.
home-no-update-too-late = An update can be put off by seven days at most.
home-no-right-missing = Its owner has not given you this right. Ask them.
home-no-shadow-version-conflict = Somebody else changed the settings at the same moment. Look at them again.
home-no-out-of-range = A value is outside what the device allows.
home-no-value-malformed = A value cannot be read. Please check what you typed.
home-no-device-quarantined = The device is shut off and takes no orders just now.
home-no-help-text-length = Please write something, at most 4000 characters.
home-no-help-text-unseen = The message holds a character that cannot be shown. Please type it again without pasting.
home-no-help-too-many-open = You have ten open requests. Please write in one of them.
home-no-help-too-old = It was closed more than fourteen days ago. Please open a new one.
home-no-not-understood = Please tick that you understood what happens.
home-no-not-the-owner = Only the owner can do this.

# How the version that runs was checked.
home-check = How your version was checked
home-check-ok = Your device proved that it runs exactly what was published.
home-check-bad = Your device runs something else than what was published. Its maker knows.
home-check-not-yet = Your device has not proved yet what it runs.
home-check-at = Last proof
home-check-signers = Signed by
home-check-signed = { $count } of the maker's keys ({ $needed } needed)
home-check-entry = In the public history
home-check-entry-line = Entry { $index }
home-check-entry-none = Published before the history was kept
home-check-digest = Fingerprint of the version
home-check-what = Several people at the maker sign each version. The fingerprint stands in a history that cannot be changed afterwards and that anyone may check; the entry is the same for everybody.
home-recall-title = The maker wants to end your ownership
home-recall-why = The reason that was given: { $reason }.
home-recall-text = Without a word from you the device is released { $until }: nobody owns it then, and everything of yours is erased from it. If you do not want that, stop it here; nothing else is needed.
home-recall-stop = Stop it: it is mine
home-done-recall-stopped = Stopped. The device stays yours.
home-recall-reason-unit-returned = the unit came back to us
home-recall-reason-owner-asked = you asked us to do it
home-recall-reason-estate = somebody else has a right to it, as after a death
home-recall-reason-authority = an authority ordered it


# Check of a set-up.
home-tab-check = Check
home-check-of = Check the set-up of { $name }
home-check-well = All that protects it is as it should be.
home-check-todo = { $count ->
    [one] One point is open.
   *[other] { $count } points are open.
}
home-check-repair = Set everything to the safe choice
home-check-setting = To this setting
home-check-go = Look there
home-verdict-good = as it should be
home-verdict-open = open
home-verdict-unknown = not known
home-check-software = Its software
home-check-software-good = It proved that it runs what its maker published.
home-check-software-open = Something about it is not as it should be. Its page says what, and what to do.
home-check-software-unknown = It has not been heard for a day, so nobody can say.
home-check-updates = Updates
home-check-updates-good = Security updates come by themselves, and none is missing.
home-check-updates-open = An update was not installed or refused. Look at it.
home-check-updates-unknown = It has not been heard for a day, so nobody can say.
home-check-support = How long there are updates
home-check-support-good = Flaws that are found are fixed.
home-check-support-open = There are no security updates any more. Use it without internet or replace it.
home-check-support-unknown = The maker has not published a date yet.
home-check-heard = Its connection
home-check-heard-good = It is heard, so it gets updates.
home-check-heard-open = Nothing came from it for a day. Is it switched on, and is your Wi-Fi working?
home-check-heard-unknown = Nobody can say.
home-check-recovery = The way back into your account
home-check-recovery-good = If you lose your phone, you still get in.
home-check-recovery-open = You have one way in only. Add a second passkey or print recovery codes.
home-check-recovery-unknown = Nobody can say.
home-setting-safe = The device has the safe choice.
home-setting-waits = The safe choice is on its way to the device.
home-setting-open = Another choice than the safe one.
home-setting-unknown = The device has not said yet how it is set.
home-done-repaired = Done. The device takes the safe choices over as soon as it is connected.
home-risk-title = Before you switch this
home-risk-lead = This leaves the safe choice. Read what it can lead to, then decide.
home-risk-steps = What makes it less dangerous
home-risk-no = Leave it as it is
home-risk-yes = I know. Change it
home-no-risk-not-accepted = This leaves the safe choice. Read its danger first.
home-month-go = What it sent in the last month
home-month-of = A month of { $name }
home-month-lead = Since { $from }: { $total }.
home-month-note = Counted over what is stored here: each message that came is in these figures once, what was deleted by then is not.
home-month-personal = about you
home-month-less = Send less: to its settings
home-month-on = at work since { $at }
home-month-off = off since { $at }

# Room: the console's findings and alerts.
finding-times = { $count ->
    [one] seen { $count } time
   *[other] seen { $count } times
}
finding-lead = What is not as it was: found by counts, sizes and times alone, never by what a message says.
finding-severity = Severity
finding-all-but = all but dismissed
finding-nobody = No finding matches.
finding-show-all = Show all findings
finding-calm = All is as it was.
finding-calm-text = Each device is learnt for two hours first; from then on what it does is compared with its own past and with others of its product. Say what is to be done by itself with a standing rule:
finding-older = Older findings
finding-found = found { $at }
finding-seen-title = What was seen
finding-usual = usual
finding-seen = seen
finding-odd = not as it was
finding-no-picture = No picture of this one.
finding-no-picture-text = It is told by a single figure, or the server was started shortly before.
finding-observed = Seen
finding-expected = Expected
finding-expected-text = { $n }, give or take { $spread }
finding-window = Window
finding-same = { $n } do the same
finding-scale = Scale
finding-scale-text = Its values say something about people, so only their distance from the usual is kept.
finding-done = What was done
finding-done-lead = Each run can be taken back; it restores exactly what it changed
finding-by-rule = by rule
finding-run = { $changed } changed, { $left } left as they were
finding-restored = { $n } restored
finding-took = done in { $span }
finding-undo = Undo
finding-undo-one = Undo: { $what }
finding-nothing = Nothing yet.
finding-nothing-text = People were told by an alert; choose a playbook beside this.
finding-times-title = Times
finding-began = Began
finding-detected = Detected in
finding-contained = Contained in
finding-not-contained = not contained
finding-last = Last seen
finding-to-do = What to do
finding-look = I look into it
finding-expected-do = It is expected
finding-expected-hint = Expected: the finding and its alert are closed, and the detector learns it.
finding-learnt = A person called it expected; the detector has learnt it.
alert-lead = What a person should look at, and what each door refused.
alert-which = Which alerts
alert-calm-text = An alert opens when evidence contradicts a release, when two devices use one identity, or when an update is taken back.
alert-older = Older alerts
alert-refusals = Refusals
alert-refusals-lead = Everything that was sent to a door and not let in, by name
alert-no-refusal = Nothing was refused yet.
alert-refusal = Refusal
alert-door = Door
alert-times = Times
alert-last = Last
alert-no-refusal-text = Every refusal has a stable name and is counted here.
finding-kind-message-rate-high = Far more messages than usual
finding-advice-message-rate-high = Throttle it if it burdens others; look for a loop in its software.
finding-kind-message-rate-low = Far fewer messages than usual
finding-advice-message-rate-low = Look whether part of its work has stopped.
finding-kind-device-silent = It has gone silent
finding-advice-device-silent = Ask its owner whether it has power and network; nothing else of its neighbours is missing.
finding-kind-volume-high = Far more data than usual
finding-advice-volume-high = Throttle it, then find out what it sends.
finding-kind-slow-exfiltration = A little more data, hour after hour
finding-advice-slow-exfiltration = Quarantine it if nothing explains it: data may be taken out slowly.
finding-kind-refusals-high = Far more refusals than usual
finding-advice-refusals-high = Look at the refusals by name; software that does not fit the model is the usual cause.
finding-kind-reconnect-storm = It connects again and again
finding-advice-reconnect-storm = Throttle it; look at its network and its power.
finding-kind-new-endpoint = It comes from a new network
finding-advice-new-endpoint = Ordinary after a move; with other findings beside it, think of a copied key.
finding-kind-clock-skew = Its clock runs away
finding-advice-clock-skew = Look at its time source.
finding-kind-clock-jump = Its clock has jumped
finding-advice-clock-jump = Look at its time source: a wrong clock makes old certificates good and new ones bad.
finding-kind-delivery-delayed = Its messages are held back on the way
finding-advice-delivery-delayed = Somebody or something between it and us delays them; do not let time-critical rules rest on it.
finding-kind-readings-missing = Readings are missing
finding-advice-readings-missing = Messages are lost or dropped on the way; ask the device to send them again.
finding-kind-readings-repeated = Readings come twice
finding-advice-readings-repeated = Acknowledgements may be lost, or somebody replays messages.
finding-kind-readings-reordered = Readings come out of order
finding-advice-readings-reordered = Two copies of the device, or a disturbed network.
finding-kind-value-spike = A value far off
finding-advice-value-spike = Nothing to do if it stays alone.
finding-kind-value-drift = A value drifts away
finding-advice-value-drift = Check the sensor's calibration, or what it measures.
finding-kind-value-noisy = A value is far more restless than usual
finding-advice-value-noisy = Check the sensor's wiring and supply.
finding-kind-sensor-stuck = A sensor says the same for ever
finding-advice-sensor-stuck = Do not let rules rest on it; restart or exchange the sensor.
finding-kind-new-topic = It speaks about something new
finding-advice-new-topic = Ordinary after new software; otherwise quarantine it and ask for evidence.
finding-kind-profile-breach = It breaks the profile of its model
finding-advice-profile-breach = Throttle it: its model promises less.
finding-kind-auth-failures = Its identity is refused again and again
finding-advice-auth-failures = Somebody may try an old or copied key: look at its certificates, revoke if in doubt.
finding-kind-version-drift = It runs older software than before
finding-advice-version-drift = Look for the reason in its updates; ask for fresh evidence.
finding-kind-api-calls-high = Far more calls of the interface than usual
finding-advice-api-calls-high = Ask the person; revoke the token if it was not them.
finding-kind-export-volume-high = Far more data taken out than usual
finding-advice-export-volume-high = Ask the person; revoke the token at once if it was not them.
finding-kind-sign-in-failures = Sign-ins fail again and again
finding-advice-sign-in-failures = Somebody tries links or tokens: look where from, and revoke what may be known.
finding-unit-messages-a-window = messages a window
finding-unit-windows-without-a-message = windows without a message
finding-unit-bytes-an-hour = bytes an hour
finding-unit-refusals = refusals
finding-unit-connections-a-window = connections a window
finding-unit-networks = networks
finding-unit-milliseconds-behind-us = milliseconds behind us
finding-unit-readings-a-window = readings a window
finding-unit-as-measured = as measured
finding-unit-streams = streams
finding-unit-release-sequence = release sequence
finding-unit-calls-a-window = calls a window
finding-unit-bytes-a-window = bytes a window
finding-unit-failures = failures
finding-unit-spreads = spreads from its usual
finding-sentence = { $count ->
    [one] { $title }: { $seen } { $unit }, where { $usual } is usual.
   *[other] { $title } on { $count } devices: { $seen } { $unit }, where { $usual } is usual.
}
finding-sentence-scaled = { $count ->
    [one] { $title }, { $seen } times its usual spread away from the usual.
   *[other] { $title } on { $count } devices, { $seen } times the usual spread away from the usual.
}
finding-of-field = { $field }: { $title }
finding-about-model = many devices of { $product }
finding-about-person = a person's access to this server
finding-about-doors = this server's doors
finding-every = every { $product }
finding-do-throttle = Throttle { $scope } to { $packets } and { $bytes } a second
finding-do-quarantine = Quarantine { $scope }
finding-throttle = Throttle { $scope }
finding-touches-throttled = Changes { $left } of { $all }; { $online } connected now, { $already } already throttled.
finding-touches-quarantined = Changes { $left } of { $all }; { $online } connected now, { $already } already in quarantine.
finding-throttle-text = The gateway takes one packet and { $bytes } bytes a second; nothing already sent is lost.
finding-quarantine-text = They may then prove themselves and take updates, and nothing else; their core function goes on.
finding-seconds = { $n } seconds
finding-picture-label = The last { $count } windows. Between -3 and 3 spreads is usual; at its farthest it was { $far } spreads away.
finding-packets = { $count ->
    [one] { $count } packet
   *[other] { $count } packets
}
finding-all-of = { $count ->
    [one] all { $count } device of { $product }
   *[other] all { $count } devices of { $product }
}
alert-one = One alert
alert-id = Alert
alert-none = There is no such alert.

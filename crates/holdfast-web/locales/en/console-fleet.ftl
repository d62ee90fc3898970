# Room: the console's fleet: overview, devices, groups, custody, coming back.
fleet-lead = How the devices stand right now.
fleet-none = No device is known yet.
fleet-in-quarantine = in quarantine
fleet-made = made, not yet seen
fleet-needs = What needs you today
fleet-runs = What they run
fleet-newest = Newest release first
fleet-no-version = No version is known yet.
fleet-open-alerts = Open alerts
fleet-all-alerts = All alerts
fleet-calm = Nothing needs you.
fleet-telemetry = Telemetry
fleet-minute-ago = a minute ago
fleet-now = now
fleet-rollouts = Roll-outs
fleet-all-deployments = All deployments
fleet-no-rollout = Nothing is rolled out.
fleet-all-devices = All devices
fleet-none-yet = None yet.
fleet-none-text = Make a product, then import the factory manifest of its first batch. Each device in it makes its own key and enrols by itself.
fleet-online-of = online, of { $known } known
fleet-kpi-alerts = { $count ->
    [one] open alert
   *[other] open alerts
}
fleet-nothing = Nothing. Whatever could be dealt with by itself was.
fleet-no-version-text = A device says what it runs with its first evidence, right after it connects.
fleet-calm-text = Tampering, copied identities and failed updates show up here.
fleet-connected = { $n } connected
fleet-rate = messages a second
fleet-stored = { $stored } stored, { $refused } refused since start
fleet-no-rollout-text = Publish a release, then deploy it in phases.
fleet-quarantined = quarantined
fleet-online = online
fleet-offline = offline
fleet-version-unknown = not known yet
fleet-never = never
fleet-version = Runs
fleet-seen = Last seen
fleet-tick = Tick
fleet-tick-one = Tick { $id }
fleet-alert-closed = closed { $at }
fleet-close-alert = Close alert: { $what }
devices-lead = Every unit that was ever listed by the factory.
devices-quick = Filters to begin with
devices-group = Group
devices-how = How to filter
devices-every-term = A device must fit every term.
devices-keep = A filter that you keep as a group stands above as a filter of its own.
devices-keep-go = Keep this filter as a group
devices-wrong = The filter cannot be read.
devices-wrong-text = Look at the character that is named above.
devices-nobody = No device matches.
devices-widen = Widen the filter.
devices-show-all = Show all devices
devices-none-text = Import the factory manifest of a batch; its devices appear here as preauthorised.
devices-act-ticked = Act on ticked…
devices-act-all = Act on all that fit…
devices-help-id = ids that begin so; without the star: ids that hold this text
devices-help-product = of this product
devices-help-version = runs this version; version:<1.2.0 and version:>=1.2.0 go by the order of releases
devices-help-state = enrolment: accepted, preauthorised, pending, rejected or revoked
devices-help-quarantine = in quarantine, or not (no)
devices-help-online = connected now, or not
devices-help-seen = heard of in the last seven days; seen:>30d not since then, seen:never not yet
devices-help-group = in this group
devices-help-batch = of this factory batch
devices-help-alert = with an alert that waits for somebody
devices-help-owner = somebody claimed it, or nobody did (no)
devices-help-not = a minus before a term turns it round
fleet-todo-quarantine = { $count ->
    [one] { $count } device in quarantine
   *[other] { $count } devices in quarantine
}
fleet-todo-alerts = { $count ->
    [one] { $count } open alert to look at and close
   *[other] { $count } open alerts to look at and close
}
fleet-todo-findings = { $count ->
    [one] { $count } finding nobody has called expected
   *[other] { $count } findings nobody has called expected
}
fleet-todo-pending = { $count ->
    [one] { $count } device waiting to be let in
   *[other] { $count } devices waiting to be let in
}
fleet-todo-paused = { $count ->
    [one] { $count } roll-out paused
   *[other] { $count } roll-outs paused
}
fleet-todo-acts = { $count ->
    [one] { $count } bulk act under way
   *[other] { $count } bulk acts under way
}
devices-more-than = more than { $n } devices
devices-quick-online = Online
devices-quick-silent = Not heard of for a week
devices-quick-quarantine = In quarantine
devices-quick-alert = With an alert
devices-quick-made = Made, not yet seen
devices-quick-sold = Sold
groups-lead = Devices with a name in common: put in by hand, or whoever fits a filter at each moment.
groups-all = All groups
groups-none = No group yet.
groups-none-text = Make one for people who try new releases first, for a country, or for units that need a look. Use it in a filter, such as
groups-who = Who is in it
groups-many = How many
groups-made = Made
groups-by-hand = by hand
groups-more = More groups
groups-make = Make a group
groups-name-hint = lower-case letters, digits and hyphens
groups-about = What it is for
groups-filter-hint = empty: put devices in by hand
groups-make-do = Make it
groups-made-by = made { $at } by { $name }
groups-by-filter = by filter
groups-show = Show in the list of devices
groups-act = Act on all of them…
groups-empty = Nobody is in it.
groups-empty-filter = No device fits the filter now; one that does later is in the group at once.
groups-empty-hand = Put devices in beside this, or tick them in the list of devices.
groups-members = Members
groups-put-in = Put in
groups-ids = ids, apart by blanks or commas
groups-take-title = Take devices out
groups-take-out = Take out
groups-about-title = About it
groups-remove = Remove the group…
groups-remove-text = Its devices stay as they are. Filters that name it find nobody.
groups-remove-one = Remove { $name }
device-seen = last seen { $at }
device-never-seen = never seen
device-in-quarantine = In quarantine: { $why }
device-quarantine-since = It began { $at }. What happens next:
device-quarantine-1 = The device keeps doing its job at home, but may send only evidence, events and update reports.
device-quarantine-2 = It is asked to go back to its known good software and to prove it.
device-quarantine-3 = Fresh evidence that matches a published release lifts the quarantine by itself.
device-lift = Lift it now…
device-lift-text = Only if you know why the evidence was wrong. The next evidence is judged as strictly as before.
device-lift-do = Lift the quarantine of { $id }
device-findings-lead = What is not as it was
device-range = Time range
device-quality = quality { $n }%
device-stale = stale
device-no-message = No message of “{ $stream }” yet.
device-no-message-text = The device sends it under its own topic; nothing else is accepted.
device-low = low { $n } { $unit }
device-high = high { $n } { $unit }
device-table = { $count ->
    [one] The last message as a table
   *[other] The last { $count } messages as a table
}
device-messages-of = Messages of { $stream }
device-newest = Newest first, as the device measured them
device-measured = Measured
device-not-your-role = Not for your role.
device-not-your-role-text = What a device measures in somebody's home is personal data; fleet operators and security see it.
device-no-stream = The product's model declares no stream.
device-no-stream-text = Add one to its Thing Model and put it again.
device-applied = The device has applied everything
device-applying = Version { $wanted } is wanted, the device has { $has }
device-reported = reported { $at }
device-nothing-set = Nothing can be set.
device-nothing-set-text = The product's model has no writable property.
device-setting = Setting
device-wanted = Wanted
device-has = On the device
device-personal = personal data
device-not-reported = not reported
device-on-its-way = on its way
device-save-wanted = Save what is wanted
device-commands = Commands
device-no-commands = This product takes no commands.
device-no-commands-text = Its model declares no action.
device-command = Command
device-result = Result
device-given = Given
device-software = Software
device-sequence = sequence { $n }
device-slot = Slot
device-spare = spare: { $slot }
device-image = Image
device-floor = Floor
device-floor-text = nothing older is ever started
device-proven = Proven
device-unknown = Not known yet.
device-unknown-text = The device proves what it runs when it first connects.
device-identity = Identity
device-enrolment = Enrolment
device-once-more = may enrol once more
device-factory-key = Factory key
device-batch = Batch
device-known = Known since
device-no-group = none by hand
device-certificates = Certificates
device-serial = Serial
device-valid = Valid until
device-no-certificate = None yet.
device-no-certificate-text = The device gets one when it enrols with its factory identity.
device-contain = Contain
device-quarantine = Quarantine…
device-quarantine-text = The device may then send only evidence, events and update reports.
device-why-hint = kept in an alert; may be empty
device-quarantine-do = Quarantine { $id }
device-allow = Allow a new enrolment…
device-allow-text = For a device that lost its operational key. It may use its factory key once more.
device-allow-do = Allow it once
device-revoke = Revoke…
device-revoke-text = Takes its certificates away for good. The device cannot connect any more.
device-revoke-do = Revoke { $id }
device-evidence = Evidence
device-evidence-lead = What the device proved, newest first
device-no-evidence = No evidence yet.
device-no-evidence-text = It is asked for on every connection and then regularly.
device-verdict = Verdict
device-good = good
device-contradicted = contradicted
device-updates = Updates
device-updates-lead = Its runs of deployments
device-no-update = No update yet.
device-no-update-text = A deployment gives every device of its phases one run.
device-log = Log
device-log-lead = What the device wrote, newest first; shown as text, whatever it holds
device-level = Level
device-text = Text
device-refused = Refused values
device-refused-lead = Kept aside, and never used for anything
device-sensor = Sensor
device-often = How often
device-last = Last
device-asides = { $count ->
    [one] The last message
   *[other] The last { $count } messages
}
device-refused-messages = Refused messages
device-stream = Stream
device-message = Message
device-waits = waits for a newer model
device-ledger-lead = What history keeps of this device
device-no-line = No line yet.
device-no-line-text = The first one is written when the device enrols.
device-entry = Entry
device-hashed = As it is hashed
device-command-until = until { $at }
device-command-expired = nobody carried it out in time
device-matches = matches a published release
device-range-hour = Last hour
device-range-day = Last day
device-range-week = Last week
device-range-month = Last 30 days
device-lost-missing = { $count ->
    [one] { $count } missing without an explanation
   *[other] { $count } missing without an explanation
}
device-lost-shed = { $count } dropped by the device by intent
device-lost-repeats = { $count } sent again
device-gap = no { $span }{ $reason }
device-quality-parts = complete { $complete }%, in time { $timely }%, valid { $valid }%, trusted { $trusted }%
device-lost-none = no reading is missing
device-chart-empty = No value in this time.
device-chart-words = { $title }: from { $first } at the beginning to { $last } at the end, between { $low } and { $high }.
device-chart-gaps = { $count ->
    [one] { $count } gap.
   *[other] { $count } gaps.
}
device-chart-doubtful = { $count ->
    [one] { $count } doubtful point.
   *[other] { $count } doubtful points.
}
device-between = { $min } to { $max }
device-from = from { $min }
device-up-to = up to { $max }
device-on-or-off = on or off
device-characters = { $count ->
    [one] up to { $count } character
   *[other] up to { $count } characters
}
custody-lead = Where units were seen on their way from factory to recycling. A tag is a name and never a proof: seeing one opens no door.
custody-seen = Seen last
custody-none = No reader has told of a unit yet.
custody-none-text = Register a reader, bind tags to units, and let the reader send what it sees.
custody-unit = Unit
custody-station = Station
custody-place = Place
custody-doubt = Doubt
custody-older = Older sightings
custody-way = The way
custody-way-lead = Sightings on this page, by station
custody-sightings = Sightings
custody-readers = Readers
custody-no-reader = No reader is registered.
custody-reader = Reader
custody-band = Band
custody-retired = out of use
custody-no-doubt = none
custody-no-reader-text = Each has a key of its own that it gets once.
recovery-lead = After an outage the fleet returns in order, safety devices first. The last quarter of an hour at the devices' MQTT door.
recovery-connected = connected
recovery-connected-of = connected, of { $fleet } seen in the last week
recovery-busiest = came back in the busiest of the last 5 seconds
recovery-waiting = waiting for their handshake
recovery-failed = failed handshakes in 15 minutes
recovery-title = The last 15 minutes
recovery-ago = 15 minutes ago
recovery-order = The order
recovery-order-lead = Each device is told its window when it connects, and draws its own moment in it.
recovery-class = Class
recovery-back = Comes back after a loss
recovery-came = Came in 15 minutes
recovery-ceiling-text = This door begins at most { $n } handshakes a second.
recovery-ceiling = ceiling
recovery-note = The field { $field } of its Thing Model says in which class a product is. The ceiling is measured when the server starts, or set with { $option }.
recovery-address = { $count ->
    [one] One address may have { $count } unfinished handshake; more wait for their turn.
   *[other] One address may have { $count } unfinished handshakes; more wait for their turn.
}
recovery-minutes = { $min } min { $s } s
recovery-seconds = { $s } s
recovery-within = within { $span }
recovery-between = from { $from } to { $to }
recovery-nobody = nobody of this class yet
recovery-failed-second = failed handshakes a second
recovery-picture-connected = Connected
recovery-picture-rate = Coming back, a second
recovery-picture-waiting = Waiting and failed
recovery-most = at most { $n }
recovery-most-of = at most { $n } of { $ceiling }
recovery-most-and = at most { $a } and { $b }
device-needs-number = { $field }: a number is needed, such as 21.5.
device-needs-whole = { $field }: a whole number is needed, such as 21.
device-needs-flag = { $field }: choose on or off.
device-needs-choice = { $field }: choose one of the listed words.
fleet-todo-refused = { $count ->
    [one] { $count } device without a security update that was refused at home
   *[other] { $count } devices without a security update that was refused at home
}

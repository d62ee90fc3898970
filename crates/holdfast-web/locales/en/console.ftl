# Room: the maker's console: its frame, its notices, words of every page.
console-live = Live
console-reconnecting = Reconnecting
console-search = Search for a device, release, group or product
console-search-short = Search  ( / )
console-nav = Console
console-nav-fleet = Fleet
console-nav-devices = Devices
console-nav-groups = Groups
console-nav-bulk = Bulk acts
console-nav-recovery = Coming back
console-nav-findings = Findings
console-nav-help = Help
console-nav-products = Products
console-nav-custody = Custody
console-nav-releases = Releases
console-nav-deployments = Deployments
console-nav-ledger = Ledger
console-nav-conformity = Conformity
console-nav-keys = Keys
console-nav-people = People
console-nav-settings = Settings
console-nav-alerts = Alerts
console-nav-open = open
console-keyboard = Keyboard: / goes to the search, Escape leaves it.
console-api = Reference of the interface
console-done-quarantined = The device is in quarantine. It may prove itself and take updates, and nothing else.
console-done-released = The quarantine is lifted.
console-done-revoked = The device's certificates are revoked. Open connections end within a minute.
console-done-reenrolment-allowed = The device may enrol once more with its factory key.
console-done-desired = The change is saved. The device gets it as soon as it is connected.
console-done-commanded = The command is on its way. Its result appears below.
console-done-deployed = The deployment has started with its first phase.
console-done-paused = The deployment is paused. Devices that have begun finish; no further device begins.
console-done-resumed = The deployment goes on.
console-done-aborted = The deployment is ended. Devices that are done stay as they are.
console-done-key-made = The next key is made. Name it in the next trust document; until then nothing relies on it.
console-done-key-activated = The next key is in use. What the old one signed counts until you destroy it.
console-done-key-destroyed = The old key is destroyed.
console-done-dossier-saved = The draft is saved. The public sees it when you publish it.
console-done-dossier-announced = It weakens a promise: the public reads now what changes, before and after, and owners are told. It counts in 30 days.
console-done-dossier-published = The public reads it now.
console-done-support-extended = Support is extended. The public reads the new day now, and owners are told.
console-done-closed = The alert is closed.
console-done-answered = Your answer is sent. They are told.
console-done-help-closed = The request is closed. They may open it again for fourteen days.
console-done-acknowledged = The finding is yours to look into.
console-done-dismissed = The finding is closed as expected. The detector learns it.
console-done-group-made = The group is made. Use it in any filter, and for acts on many devices.
console-done-group-changed = The group is changed.
console-done-group-joined = The devices are in the group.
console-done-group-left = The devices are out of the group.
console-done-group-removed = The group is removed. Its devices stay as they are.
console-done-bulk-ordered = It runs, device by device. You may leave this page; it goes on without you.
console-done-bulk-undone = It is taken back, device by device.
console-done-acted = The playbook runs. What it changes appears below, and can be taken back.
console-done-undone = The playbook is taken back, device by device.
console-done-person-locked = The account is locked, and its sessions have ended.
console-done-person-unlocked = The account is unlocked.
console-done-role-changed = The role is changed. Whoever has it signs in anew.
console-done-person-removed = The account is removed with everything that opened it. History keeps its id.
console-done-token-revoked = The token is revoked and does not count any more.
when-just-now = just now
when-for-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
when-for-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
when-for-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
when-for-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
when-for-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
when-for-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
when-ago-seconds = { $count ->
    [one] { $count } second ago
   *[other] { $count } seconds ago
}
when-ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
when-ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
when-ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
when-ago-months = { $count ->
    [one] { $count } month ago
   *[other] { $count } months ago
}
when-ago-years = { $count ->
    [one] { $count } year ago
   *[other] { $count } years ago
}
when-in-seconds = { $count ->
    [one] in { $count } second
   *[other] in { $count } seconds
}
when-in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
when-in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
when-in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}
when-in-months = { $count ->
    [one] in { $count } month
   *[other] in { $count } months
}
when-in-years = { $count ->
    [one] in { $count } year
   *[other] in { $count } years
}
when-date = { $day } { $month } { $year }
when-calendar = { $date }, { $clock } UTC
when-month-1 = Jan
when-month-2 = Feb
when-month-3 = Mar
when-month-4 = Apr
when-month-5 = May
when-month-6 = Jun
when-month-7 = Jul
when-month-8 = Aug
when-month-9 = Sep
when-month-10 = Oct
when-month-11 = Nov
when-month-12 = Dec
console-bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
console-percent = { $n }%
console-state = State
console-device = Device
console-why = Why
console-when = When
console-product = Product
console-show = Show
console-clear = Clear
console-next-page = Next page
console-first-page = First page
console-any = any
console-all = All
console-open = Open
console-filter = Filter
console-name = Name
console-hidden = hidden
console-on = on
console-off = off
console-not-now = Not now
console-close = Close
console-what = What
console-phase = Phase
console-reason = Reason
console-changed = Changed
console-version = Version
console-nothing = Nothing.
console-may-be-empty = may be empty
console-by-name = by { $name }
console-done-explained = Owners read it so from now on.
console-nav-breaches = Breaches
console-nav-shops = Retailers
console-done-shop-retired = The key is ended and opens nothing.
console-done-shop-readers = The readers are saved.
console-done-proof-kept = The record is kept.
console-done-complaint-answered = Your answer is there. They read it by their link.
console-done-complaint-closed = The complaint is closed.
console-done-breach-noted = The breach is in the register. The 72 hours run.
console-done-breach-amended = The entry is saved.
console-done-breach-notified = That the authority was told is kept.
console-done-breach-told = The owners are told.
console-done-breach-closed = The entry is closed.

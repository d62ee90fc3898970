# Room: the console's acts on many devices.
bulk-lead = What was done to many devices at once, by whom and why, and the way back.
bulk-none = Nothing yet.
bulk-none-text = Filter or tick devices in their list, choose what is to be done, and look at the preview. Each device is dealt with by the same rule as alone.
bulk-none-go = To the list of devices
bulk-older = Older acts
bulk-ordered = Ordered { $at } by { $name }
bulk-ended = ended { $at }
bulk-undone-by = taken back by { $name }
bulk-left = { $count ->
    [one] { $count } device to go
   *[other] { $count } devices to go
}
bulk-how = How it ended
bulk-chosen = Chosen
bulk-one-by-one = one by one
bulk-undo = Take it back…
bulk-undo-text = What it changed is restored, device by device. A device that somebody changed since stays as they left it.
bulk-undo-waiting = Devices that still wait are not touched.
bulk-undo-do = Take it back
bulk-final = This act has no way back.
bulk-which = Which devices
bulk-item-none = None.
bulk-item-none-text = No device of this act stands so.
bulk-new = Act on many devices
bulk-for-fleet = { $count ->
    [one] For { $count } device: the whole fleet
   *[other] For { $count } devices: the whole fleet
}
bulk-for-filter = { $count ->
    [one] For { $count } device that fits
   *[other] For { $count } devices that fit
}
bulk-for-ticked = { $count ->
    [one] For { $count } device:
   *[other] For { $count } devices:
}
bulk-and-more = { $count ->
    [one] and { $count } more
   *[other] and { $count } more
}
bulk-nobody = Nobody is meant.
bulk-nobody-text = Go back and widen the filter.
bulk-connected = { $count ->
    [one] { $count } of them is connected now; the others learn of it when they come back.
   *[other] { $count } of them are connected now; the others learn of it when they come back.
}
bulk-judged = { $count ->
    [one] The first one was looked at.
   *[other] The first { $count } were looked at one by one.
}
bulk-left-why = Left as they are, and why
bulk-example = For example
bulk-no-change = Nothing would change.
bulk-no-change-text = Choose another act, or other devices.
bulk-can-undo = It can be taken back: what it changed is restored, what somebody changed since is left alone.
bulk-no-way = There is no way back.
bulk-no-way-text = Look at the number once more.
bulk-else = Something else
bulk-what = What is to be done?
bulk-preview-first = Nothing happens before you have seen what would
bulk-preview = Preview…
bulk-preview-of = Preview: { $what }
bulk-make-group = Make a group first
bulk-settings = Change settings
bulk-settings-text = Of { $product }; what you leave empty stays as it is on each device.
bulk-command = Command: { $what }
bulk-command-text = A device that is not connected gets it within five minutes or not at all.
bulk-act-quarantine = Quarantine
bulk-act-quarantine-text = They may prove themselves and take updates, and nothing else.
bulk-act-release = Lift a quarantine
bulk-act-release-text = Only one that a person ordered; others end by good evidence.
bulk-act-allow-reenrolment = Let them enrol once more
bulk-act-allow-reenrolment-text = For devices that lost their operational key.
bulk-act-revoke = Revoke for good
bulk-act-revoke-text = Their certificates are taken away. There is no way back.
bulk-act-join = Put into a group
bulk-act-join-text = By hand; groups by filter fill themselves.
bulk-act-leave = Take out of a group
bulk-act-leave-text = They stay as they are otherwise.
bulk-do-quarantine = { $count ->
    [one] Quarantine { $count } device
   *[other] Quarantine { $count } devices
}
bulk-do-release = { $count ->
    [one] Lift the quarantine of { $count } device
   *[other] Lift the quarantine of { $count } devices
}
bulk-do-command = { $count ->
    [one] Command “{ $action }” to { $count } device
   *[other] Command “{ $action }” to { $count } devices
}
bulk-do-desired = { $count ->
    [one] Change settings of { $count } device
   *[other] Change settings of { $count } devices
}
bulk-do-join = { $count ->
    [one] Put { $count } device into { $group }
   *[other] Put { $count } devices into { $group }
}
bulk-do-leave = { $count ->
    [one] Take { $count } device out of { $group }
   *[other] Take { $count } devices out of { $group }
}
bulk-do-allow-reenrolment = { $count ->
    [one] Let { $count } device enrol once more
   *[other] Let { $count } devices enrol once more
}
bulk-do-revoke = { $count ->
    [one] Revoke { $count } device for good
   *[other] Revoke { $count } devices for good
}
bulk-taken-back = taken back
bulk-would-change = would be changed
bulk-would-stay = would be left as they are
bulk-judged-later = judged when their turn comes
bulk-kept = changed since, left
bulk-waiting = waiting
bulk-never-reached = never reached

# Texts of every room. A key begins with its room: account-, claim-, home-, public-, mail-, common-.
common-devices = { $count ->
    [one] { $count } device
   *[other] { $count } devices
}
common-skip = Skip to content
common-language = Language
common-sign-in = Sign in
common-sign-out = Sign out
common-cancel = Cancel
common-back = Back
common-save = Save
common-yes = Yes
common-no = No
common-footer = Holdfast is open source and runs on the maker's own server. No third party sees this page.

# Room: the console's ledger, conformity and keys.
ledger-lead = Every security decision, one line each, in a tree that cannot be changed without being noticed. It holds ids and digests only.
ledger-entries = Entries
ledger-size = { $n } entries in all, newest first
ledger-what = What happened
ledger-anything = anything
ledger-person = Person
ledger-person-hint = their id
ledger-until = Up to the day
ledger-nobody = No entry matches.
ledger-nobody-text = Choose one of kind, device and person, and a later day.
ledger-show-all = Show all entries
ledger-empty = Nothing happened yet.
ledger-empty-text = The first entry is written with the first security decision, such as a trust document or an enrolment.
ledger-leaf = Leaf hash
ledger-newest = Newest
ledger-older = Older
ledger-head = Signed head
ledger-root = Root hash
ledger-key = Verifier key
ledger-check = Check it yourself
ledger-check-text = Do not believe this page. Take a copy and check it on another machine; only the verifier key has to come from somewhere you trust.
ledger-check-note = The tree is that of RFC 6962, the head a C2SP signed note. Keep an old head: a later one must contain it.
ledger-entry-kind = Entry { $n }: { $kind }
ledger-entry = Entry { $n }
ledger-says = What it says
ledger-bytes = The leaf, byte for byte
ledger-proof = Proof that it is in the tree
ledger-rfc = RFC 6962, section 2.1.1
ledger-tree-size = Tree size
ledger-path = Hashes from the leaf to the root
ledger-path-none = None: it is the only leaf, so its hash is the root.
ledger-head-older = The signed head is older than this entry.
ledger-head-older-text = A new head is signed within a minute; load this page again.
ledger-without = Check it without this server
ledger-without-text = Hash the leaf with a zero byte before it, then with each hash of the list, left or right by the bits of its place; the end is the root of the signed head.
conf-lead = { $n } requirements of the guidelines, each with a status computed from facts { $at }. What nothing shows is open, never green.
conf-catalogue = catalogue { $version }
conf-stand = How they stand
conf-status = Status
conf-capability = Capability
conf-text = Text or id
conf-shown = { $shown } of { $total } shown
conf-met = { $met } of { $total } met
conf-requirement = Requirement
conf-asks = What it asks
conf-shown-by = What shows it
conf-nothing = nothing yet
conf-nobody = No requirement matches.
conf-report = For a report to hand on:
keys-lead = Every key the product relies on: what it is for, who answers for it, where it lies, and when it changes.
keys-overdue = { $count ->
    [one] { $count } key is past the end of its time
   *[other] { $count } keys are past the end of their time
}
keys-soon = { $count ->
    [one] { $count } key is due within a month
   *[other] { $count } keys are due within a month
}
keys-review = The crypto policy is due for review
keys-review-text = They were last compared with their sources on { $at }. Take a newer release of Holdfast, or check the table below yourself.
keys-validity = Validity
keys-validity-lead = Half a year back, three years ahead; the thin line is today, the mark is the next change
keys-key = Key
keys-ends = Ends
keys-next = Next change
keys-lies = Lies
keys-no-end = no end
keys-made = made { $at }
keys-clear = The server's key files are in clear, readable by the server's user only. Seal them with a key file outside the state folder:
keys-fleet-lead = Operational certificates by product
keys-fleet-none = No device has a certificate yet.
keys-by-product = Certificates by product
keys-in-use = In use
keys-unused = Not used yet
keys-ending = End in 30 days
keys-ended = Ended
keys-hardware = Key in hardware
keys-oldest = Oldest
keys-fleet-none-text = Each gets one when it enrols, for its own key.
keys-retiring = { $n } of the retiring CA
keys-renew = Devices renew after two thirds of the certificate's life. Those that ended come back with their factory identity, as the policy allows.
keys-tokens = { $count ->
    [one] { $count } API token in use.
   *[other] { $count } API tokens in use.
}
keys-token-end = The first ends { $at }.
keys-change = Change a key
keys-change-lead = With an overlap: old and new count together until every device knows the new one
keys-step-1 = Nothing is changing. Step 1 of 4 makes the next key; nothing relies on it yet.
keys-make = Make the next key
keys-step-2 = Step 2 of 4: the next trust document must name it. The server cannot do this, the root key holders do:
keys-step-3 = Step 3 of 4: the trust document in force names the next key.
keys-use = Put it to use
keys-step-4 = { $count ->
    [0] Step 4 of 4: no device depends on the old key any more.
    [one] Step 4 of 4: { $count } device still depends on the old key. Wait for it to renew.
   *[other] Step 4 of 4: { $count } devices still depend on the old key. Wait for them to renew.
}
keys-destroy-open = Destroy the old key…
keys-destroy = Destroy the old key
keys-final = This cannot be taken back.
keys-come-back = { $count ->
    [one] { $count } device will have to come back with its factory identity.
   *[other] { $count } devices will have to come back with their factory identity.
}
keys-lists = Revocation lists
keys-crl-said = No. { $n }, made { $at }
keys-certificates = { $count ->
    [one] { $count } certificate
   *[other] { $count } certificates
}
keys-crl-until = good until { $at }
keys-download = download
keys-lists-none = The first one is made within seconds of the start.
keys-policy = Crypto policy
keys-reviewed = Reviewed { $at }
keys-next-review = next review { $at }
keys-algorithm = Algorithm
keys-permitted = Permitted for
keys-until = Until
keys-advice = On whose advice
keys-endless = no end foreseen
keys-rest = Whatever is not in this table is refused, by name.
keys-title-maker-root = Maker's root key
keys-title-release-signer = Release signer
keys-title-factory-ca = Factory CA
keys-title-operational-ca = Operational CA
keys-title-freshness = Freshness key
keys-title-ledger = Ledger key
keys-title-server-door = Server certificate
keys-title-sealing-key = Sealing key
keys-remedy-maker-root = Make a new key offline (holdfast key create), name it in the next trust document and upload that.
keys-remedy-release-signer = Make a new key offline (holdfast key create), name it in the next trust document and upload that.
keys-remedy-factory-ca = Make a new factory CA (holdfast factory init) and name both in the next trust document.
keys-remedy-operational-ca = Run holdfast authority rotate, then name both CAs in the next trust document.
keys-remedy-freshness = Run holdfast authority rotate --role freshness, then name the new key in the next trust document.
keys-remedy-ledger = The ledger's key has no end; announce a new one in the ledger before changing it.
keys-remedy-server-door = It renews by itself after two thirds of its life: look into the server's log why it did not.
keys-remedy-sealing-key = Start the server with a sealing key, or change it with holdfast authority reseal.

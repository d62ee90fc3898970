# What people are told: subject and body of every notice, the words around them, and the page of the address.
# A body says what happened, what to do, and what to do if it was not the reader. The test beside the texts knows every kind.
mail-not-you = If this was not you: sign in, end all sessions and remove what you do not know on your account page. If you cannot sign in any more, use a recovery code.
mail-greeting = Hello,
mail-not-me-link = If this was not you, stop it at once with this link. It counts for 72 hours, opens nothing and shows nothing: { $place }
mail-look = Look here: { $place }
mail-why = This message was sent because this address is confirmed for notices about your account or your devices. It holds no picture and no link that follows you. To change or remove the address: { $place }
mail-confirm-subject = Confirm this address
mail-confirm-body =
    Somebody, probably you, wants notices about their account and devices at this address.

    Open this link to confirm it. It works once, for 24 hours:

    { $place }

    If this was not you, do nothing. Without the link nothing is sent here.
mail-fact-product = your device
mail-fact-device = see its page
mail-fact-version = the new version
mail-fact-end = the date on its page
mail-fact-until = see your pages
mail-fact-case = on your pages
mail-fact-browser = unknown
mail-fact-reason = see its page
mail-fact-digits = on its page
mail-page-title = Where we write to you
mail-page-lead = Notices about your account and your devices always wait on your pages. If you like, they also come by e-mail. An address is not needed for anything else, and nobody else gets it.
mail-page-short = Notices wait on your pages; here you can have them by e-mail too.
mail-page-address = Your e-mail address
mail-page-hint = We send a link there. Only after you open it do notices go to the address.
mail-page-none = No address: nobody is written to.
mail-page-since = Confirmed
mail-page-waits = Waits for its confirmation: open the link that was sent to it, within 24 hours.
mail-page-send = Send the link
mail-page-remove = Remove the address
mail-page-remove-note = The address is told once more, then forgotten. Notices go on waiting on your pages.
mail-page-off = This installation sends no e-mail. Notices wait on your pages; look there now and then.
mail-page-confirm-title = Confirm your address
mail-page-confirm-lead = With this, notices about your account and your devices go to the address at which you got the link.
mail-page-confirm = Yes, this address is mine
mail-page-confirmed = The address is confirmed. Notices now also go there.
mail-page-removed = The address was removed.
mail-page-sent = The link was sent. Open it within 24 hours.
mail-page-last = Last messages
mail-page-state-waiting = is being sent; it is tried for three days
mail-page-state-sent = sent
mail-page-state-given-up = could not be delivered: check the address above
mail-page-state-dropped = not sent, because the address was removed or changed before; the message waits on your pages
mail-page-link-mail = the link to confirm an address
mail-page-account = Your account
mail-page-unknown = The link is not known or has been used. Ask for a new one.
mail-page-what = What
mail-page-when = When
mail-page-how = How it stands

mail-passkey-added-subject = A passkey was added to your account
mail-passkey-added-body =
    A new passkey can now sign in to your account.

    You need do nothing if you added it yourself.

    { mail-not-you }

mail-passkey-removed-subject = A passkey was removed from your account
mail-passkey-removed-body =
    A passkey can no longer sign in to your account.

    Check on your account page that you still have two ways to sign in.

    { mail-not-you }

mail-password-changed-subject = Your password was changed
mail-password-changed-body =
    The password of your account was set, changed or removed. All other sessions and all keys to the interface were ended.

    You need do nothing if you did this yourself.

    { mail-not-you }

mail-second-factor-changed-subject = Your second factor was changed
mail-second-factor-changed-body =
    The second factor of your account, the six digits from an app, was set, changed or removed.

    You need do nothing if you did this yourself.

    { mail-not-you }

mail-recovery-used-subject = Somebody recovers your account
mail-recovery-used-body =
    Somebody used a recovery code of yours and registered a new passkey. It opens your account from this moment on: { $until }. All other sessions end then.

    If this was you, wait until then. Afterwards make new recovery codes.

    { mail-not-you }

mail-recovery-codes-made-subject = New recovery codes were made
mail-recovery-codes-made-body =
    New recovery codes were made for your account. Codes that you printed before are void.

    Keep the new ones on paper, away from your phone, and throw the old ones away.

    { mail-not-you }

mail-sign-in-new-browser-subject = A sign-in from a new browser
mail-sign-in-new-browser-body =
    Your account was signed in to from a browser that was not seen before: { $browser }.

    You need do nothing if this was you.

    { mail-not-you }

mail-sign-in-delayed-subject = Many failed sign-ins to your account
mail-sign-in-delayed-body =
    Somebody has tried many times to sign in to your account and failed. Further tries from unknown browsers now have to wait.

    Nobody got in, and your own browser and passkeys work as always. A passkey cannot be guessed; if you still sign in with a password, this is a good day to change to one.

mail-account-locked-subject = Your account is locked
mail-account-locked-body =
    Your staff account was locked after too many failed sign-ins.

    Ask an administrator for a new one-time link. Tell them if the tries were not yours.

mail-address-changed-subject = The address for your notices was changed
mail-address-changed-body =
    The e-mail address to which notices about your account go was set, changed or removed. This message goes to the address from before and to the new one.

    You need do nothing if you did this yourself.

    { mail-not-you }

mail-sessions-ended-subject = Sessions of your account were ended
mail-sessions-ended-body =
    You were signed out on other browsers. Sign in again where you need to.

    { mail-not-you }

mail-token-made-subject = A key to the interface was made
mail-token-made-body =
    A key with which a program can act in your name was made. It ends on { $until }.

    You need do nothing if you made it yourself.

    { mail-not-you }

mail-role-changed-subject = What you may do has changed
mail-role-changed-body =
    An administrator gave your account another role. You were signed out; sign in again to go on.

    Ask an administrator if you did not expect this.

mail-device-claimed-subject = { $product } is now yours
mail-device-claimed-body =
    { $product } ({ $device }) now belongs to your account. Its code cannot be used again.

    Look at its page for updates, for who has access, and for how long it is supported.

    { mail-not-you }

mail-claim-contested-subject = Somebody else asks for { $product }
mail-claim-contested-body =
    Somebody who has { $product } ({ $device }) in their hands asks to become its owner. If you do nothing, it becomes theirs: { $until }.

    Did you sell it or give it away? Then you need do nothing, or release it at once on its page.

    Is it still yours? Say so on its page before that time, and it stays yours.

mail-member-invited-subject = An invitation for { $product } was made
mail-member-invited-body =
    An invitation to use { $product } was made in your name. It can be used once.

    If you did not make it, take it back on the page of the device under “Who has access”.

mail-member-joined-subject = Somebody joined the household of { $product }
mail-member-joined-body =
    An invitation was accepted: one more person can now use { $product } ({ $device }).

    If you did not expect this, take the person out on the page of the device under “Who has access”.

mail-member-removed-subject = Access to { $product } has ended
mail-member-removed-body =
    One person has no access to { $product } ({ $device }) any more.

    You need do nothing. Who has access is shown on the page of the device.

mail-device-released-subject = { $product } was released
mail-device-released-body =
    { $product } ({ $device }) belongs to nobody now. Your settings and readings were removed from it and from our service.

    Whoever has it can claim it anew with the code on the device.

    { mail-not-you }

mail-device-transferred-subject = { $product } has a new owner
mail-device-transferred-body =
    { $product } ({ $device }) was handed over. What the owner before had on the device and in our service was removed.

    You need do nothing.

    { mail-not-you }

mail-pairing-waits-subject = { $product } waits for your yes
mail-pairing-waits-body =
    A phone or a service wants to be connected with { $product } ({ $device }).

    Say yes on the page of the device only if you see the same digits there: { $digits }. Without a yes nothing is connected.

mail-update-available-subject = An update for { $product } is ready
mail-update-available-body =
    Version { $version } can be installed on { $product } ({ $device }). Why: { $reason }.

    Choose on the page of the device: now, tonight, or not this one. The page says how long it takes.

mail-update-installed-subject = { $product } was updated
mail-update-installed-body =
    { $product } ({ $device }) now runs version { $version } and works as it should.

    You need do nothing.

mail-update-failed-subject = An update of { $product } was not installed
mail-update-failed-body =
    Version { $version } could not be installed on { $product } ({ $device }). It went back to the version from before and works as before.

    You need do nothing; it is tried again. If this message comes a second time, ask us for help on the page of the device.

mail-security-update-done-subject = A flaw of { $product } was removed
mail-security-update-done-body =
    { $product } ({ $device }) got version { $version }, which removes a security flaw.

    You need do nothing.

mail-quarantined-subject = { $product } is in quarantine
mail-quarantined-body =
    { $reason ->
        [software] { $product } ({ $device }) runs something that is not our software.
        [person] Our people have put { $product } ({ $device }) into quarantine to be safe.
       *[other] { $product } ({ $device }) behaved in a way that does not fit it.
    } It may now only do what it must, and it talks to nobody but us. It goes on working in your home.

    What to do: { $reason ->
        [person] nothing for now. Its page says when it is over; ask us if it takes longer than a day.
       *[other] leave it plugged in and connected. It repairs itself where it can. Its page says what was seen and what happens next.
    }

mail-quarantine-lifted-subject = { $product } is out of quarantine
mail-quarantine-lifted-body =
    { $reason ->
        [person] Our people have looked at { $product } ({ $device }) and let it out again.
        [behaviour] { $product } ({ $device }) may do everything again; it was looked at.
       *[other] { $product } ({ $device }) has proved that it runs our software.
    } Everything works again.

    You need do nothing.

mail-alarm-subject = { $product } needs a look
mail-alarm-body =
    Something about { $product } ({ $device }) needs your attention: { $reason }.

    Its page says what to do, step by step.

mail-support-ends-soon-subject = Support for { $product } ends on { $end }
mail-support-ends-soon-body =
    { $product } gets security updates until { $end }. The device goes on working after that, but flaws found later are not removed.

    The product's page says why it ends then, what we advise and what can replace it.

mail-support-ended-subject = Support for { $product } has ended
mail-support-ended-body =
    { $product } gets no security updates any more; support lasted until { $end }.

    What to do: keep it off the internet, or replace it. The product's page says how and with what.

mail-support-extended-subject = { $product } is supported for longer
mail-support-extended-body =
    { $product } now gets security updates until { $end }, longer than we had said.

    You need do nothing.

mail-help-received-subject = We have your question
mail-help-received-body =
    Your question about { $product } arrived and has the number { $case }. We answer within 72 hours.

    The answer appears on your pages, and here.

mail-help-answered-subject = We have answered your question
mail-help-answered-body =
    There is an answer to your question { $case } about { $product }.

    Read it on your pages. If it does not help, write again there; if you are not content, the page says who decides.

mail-help-overdue-subject = A question waits too long
mail-help-overdue-body =
    The question { $case } has waited longer than the 72 hours that were promised.

    Answer it in the console under Help.

mail-vulnerability-fixed-subject = A flaw of { $product } is fixed
mail-vulnerability-fixed-body =
    A security flaw of { $product } was found and fixed in version { $version }.

    What to do: let your device install it. Its page says whether it has it already.

mail-data-breach-subject = Something happened to personal data
mail-data-breach-body =
    Personal data of owners may have been in other hands. The maker tells you this because it concerns you:

    { $reason }

    All of it stands on this server’s page /data-breach/{ $case }. You can ask on the page “Help” of your account.

mail-unpatchable-subject = A flaw of { $product } that no update removes
mail-unpatchable-body =
    A security flaw of { $product } was found that we cannot remove by an update: { $reason }.

    What to do: follow the steps on the product's page. They say how to use it safely until then, by when to act, and how it is replaced.

oidc-button = Sign in with { $name }
oidc-title = Sign in with { $name }
oidc-lead = Link your account at { $name } once, then it signs you in here. What you may do here stays as it is.
oidc-since = Linked since { $at }.
oidc-none = No account is linked.
oidc-link = Link my account at { $name }
oidc-unlink = Unlink it
oidc-linked = The account is linked.
oidc-unlinked = The account is not linked any more.
oidc-refused-title = Not signed in
oidc-unreachable = The identity provider does not answer as it should. Try again later, or sign in in another way.
oidc-state-unknown = This sign-in was not begun in this browser, or too long ago. Begin again.
oidc-refused = The identity provider did not let you in.
oidc-token-wrong = What the identity provider said does not hold. Begin again; if it stays so, tell an administrator.
oidc-account-unknown = This account is not linked with anybody here. Sign in by a one-time link, then link it on the page of your account.
mail-sign-in-linked-subject = Your sign-in by the organisation’s account was changed
mail-sign-in-linked-body =
    An account at your organisation’s sign-in was linked with your account here, or unlinked.

    You need do nothing if you did this yourself.

    { mail-not-you }

# What follows a notice when the maker said it.
mail-more-what = What happened: { $value }
mail-more-risk = Which risk it removes: { $value }
mail-more-urgency = How urgent it is: { $value }.
mail-more-minutes = How long the device is away: { $value }.
mail-more-todo = What you need to do: { $value }.
mail-more-more = { $value }
mail-more-steps = What to do now, step by step: { $value }
mail-more-deadline = Do it by { $value }.
mail-more-contact = If you need help: { $value }
mail-more-advisories = Security notices: { $value }
mail-more-before = Until then: { $value }
mail-more-after = From then on: { $value }
mail-more-effect = It takes effect on { $value }, not before.
mail-more-plan = How it is replaced: { $value }
mail-more-link = All of it, also without an account: { $value }

mail-update-required-subject = { $product } gets an update that it needs
mail-update-required-body =
    { $product } ({ $device }) gets version { $version }, which removes a security flaw. It comes by itself.

    On the page of the device you can choose another time.

mail-recovery-stopped-subject = A recovery of your account was stopped
mail-recovery-stopped-body =
    A recovery of your account that was waiting was stopped. The new passkey was removed, and all recovery codes are void.

    If this was you, make new recovery codes on your account page.

    { mail-not-you }

mail-passkey-copied-subject = A passkey of yours may have been copied
mail-passkey-copied-body =
    Somebody tried to sign in to your account with a passkey that has been used elsewhere in a newer state, as a copy of it would be. It was not let in.

    Remove this passkey on your account page and add a new one, from a device that you trust.

    { mail-not-you }

mail-account-frozen-subject = Your account was made safe
mail-account-frozen-body =
    Somebody who reads your mail, probably you, said that a change of your account was not theirs. Every session and every key to the interface has ended. What was added to the account since that change was removed or rests, and the password opens nothing until a passkey or a recovery opened the account.

    Sign in with a passkey that you had before, or use a recovery code. Then remove what you do not know, and set a new password if you use one.

    If it was not you who said so: somebody else can read your mail. Nothing was opened to them. Sign in, and change the address for your notices.

mail-recall-asked-subject = We want to end your ownership of { $product }
mail-recall-asked-body =
    One of our people asked for the end of your ownership of { $product } ({ $device }). If you do nothing, it is released, and everything of yours is erased from it: { $until }.

    Did you send it back, or ask us to do this? Then you need do nothing.

    Is it still yours? Say so on its page under “Who has access” before that time, and it stays yours.

mail-security-update-refused-subject = { $product } still lacks a security update
mail-security-update-refused-body =
    { $product } ({ $device }) does not have version { $version }, which removes a security flaw, because it was refused at home. Until it is installed, somebody who knows the flaw can use it.

    What to do: choose “now” or “tonight” on the page of its updates. You can also leave it as it is; we remind you of this update three times and then no more.

mail-promise-changes-subject = What we promise about { $product } changes on { $end }
mail-promise-changes-body =
    From { $end } on, something that we said about { $product } will be otherwise. Until then everything counts as it was said. The end of security updates does not come nearer.

    The product’s page shows what is said now and what will be said.


mail-fact-title = see the page
mail-fact-place = your pages
mail-bulletin-subject = { $title }
mail-bulletin-body =
    There is news about devices of yours: { $title }

    What happened, whether your device is among those concerned, what to do and until when stands on the page below.

mail-policy-changes-subject = One of our policies changes on { $title }
mail-policy-changes-body =
    We change how we do something. The new version counts from { $title } on; until then the present one does.

    The page below says what is different, and shows both. If you do not agree, you can give your device up before that day: that deletes what we keep of it.

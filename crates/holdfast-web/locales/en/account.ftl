# Signing in, and one's own account.
account-months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
account-moment = { $day } { $month } { $year }, { $clock } UTC

account-sign-in-title = Sign in
account-sign-in = Sign in
account-passkey-sign-in = Sign in with a passkey
account-passkey-confirm = Confirm with a passkey
account-passkey-add = Add a passkey
account-passkey-sign-up = Make my account with a passkey
account-passkey-recover = Add a new passkey
account-passkey-label = What to call it
account-passkey-label-default = My passkey
account-passkey-busy = Your browser or phone asks you now…
account-passkey-failed = Nothing was done: the passkey was not shown in time, or you cancelled. Try again.
account-passkey-unusable = This browser cannot use passkeys here. Sign in with your password and code, or with a link.
account-passkey-noscript = Passkeys need JavaScript. Without it, sign in with your password and code, or with a link.
account-name = Your name
account-by-password = With a password
account-by-link = With a one-time link
account-login = Sign-in name
account-password = Password
account-code = Code from your app
account-code-hint = Only if you have set up a second factor.
account-link = One-time link
account-link-hint = An administrator makes one on the page “People”; the first one is printed when the server starts for the first time.
account-link-ready = Your link is ready. It works once, so it is used only when you press the button.
account-link-use = Sign in
account-lost = I cannot sign in any more

account-kind-link = by a one-time link
account-kind-passkey = by a passkey
account-kind-password = by password
account-kind-password-totp = by password and code
account-kind-oidc = through your organisation
account-kind-recovery = after a recovery

account-recover-title = Get back in
account-recover-lead = Try these in order:
account-recover-step-second = Do you have another passkey, on another phone, computer or key? Sign in with it. There is no wait.
account-recover-step-code = Do you have a printed recovery code? Enter it below and add a new passkey.
account-recover-step-staff = Do you work for the maker? Ask an administrator for a one-time link.
account-recovery-code = Recovery code
account-recover-why-wait = A new passkey counts after 24 hours. The account's person is told at once and can stop it, so a stolen code alone opens nothing.
account-recover-waits = Done. Your new passkey counts from { $until } on. Sign in with it then.

account-confirm-title = Confirm that it is you
account-confirm = Confirm
account-confirm-lead = What you want to do can do harm in the wrong hands. Your proof then counts for ten minutes.
account-confirm-none = You have no way to confirm yet. Sign in again with a new one-time link and add a passkey first.

account-first-title = Add a passkey
account-first-hello = Welcome, { $name }
account-first-lead = You came in by a link that works once. Add a passkey now, so that you can come back: your phone, your computer or a security key keeps it, and nobody can guess or steal it.
account-first-password = You can also set a password with a second factor:
account-first-later = Later

account-title = Your account
account-of = Signed in as { $name }
account-to-home = Back to your pages
account-change = Change
account-remove = Remove
account-used = last used { $at }
account-added = added { $at }
account-until = until { $at }
account-not-fresh = To change how you sign in, confirm first that it is you.
account-shown-once = It is shown only now.

account-passkeys = Passkeys
account-passkeys-lead = Your phone, computer or security key signs you in. Have two, in two places.
account-passkeys-none = No passkey yet. Add one: it is the safest way to sign in, and the quickest.
account-passkey-another = Add a passkey
account-passkey-waits = counts from { $until } on

account-codes-title = Recovery codes
account-codes-why = For the day when every passkey is lost. Print them and keep them away from your phone.
account-codes-left = { $count ->
    [0] You have no recovery codes.
    [one] One code is left.
   *[other] { $count } codes are left.
}
account-codes-make = Make new codes
account-codes-lead = Print this page or write the codes down. Older codes are void.
account-codes-how = Each code works once. It lets you add a new passkey, which counts after 24 hours.
account-codes-kept = I have kept them

account-password-title = Password
account-password-lead = Only if you cannot use passkeys. Alone it has at least 15 characters; with a second factor at least 8.
account-password-is = You can sign in as “{ $login }”.
account-password-asleep = It does not count yet: it is short, so set up a second factor.
account-password-set = Set a password
account-password-change = Change the password
account-password-new = New password
account-password-hint = Several words that have nothing to do with each other are best. There are no rules about digits and marks.
account-password-remove = Remove the password
account-login-hint = 3 to 40 letters, digits, dots or dashes; not an e-mail address.

account-factor-title = Second factor
account-factor-lead = Six digits from an app, asked for after your password.
account-factor-on = Set up
account-factor-off = Not set up.
account-factor-begin = Set up a second factor
account-factor-remove = Remove the second factor
account-factor-scan = Scan this picture with your authenticator app.
account-factor-picture = QR code for your authenticator app
account-factor-type = Or type this secret:
account-factor-then = Type the six digits that the app shows.
account-factor-confirm = Confirm

account-sessions = Where you are signed in
account-sessions-lead = End what you do not know.
account-this-browser = this browser
account-session-end = Sign out
account-sessions-end = Sign out everywhere else

account-tokens = Keys for programs
account-tokens-lead = A program with such a key acts in your name.
account-tokens-none = No key.
account-token-title = Key for a program
account-token-make = Make a key
account-token-label = What it is for
account-token-days = Days it lives (1 to 90)
account-token-scope = What it may do
account-token-revoke = Revoke
account-token-until = Copy it before you leave this page. It ends on { $until }.
account-scope-read = Only read
account-scope-full = All that you may, but nothing dangerous
account-scope-dangerous = All that you may

account-recovery-waits = Somebody wants to get into your account with a recovery code
account-recovery-waits-text = A new passkey was added with one of your recovery codes. It counts from { $until } on. If that was not you, stop it now and make new codes.
account-recovery-stop = That was not me: stop it

account-done-passkey-added = The passkey is added. Try it once before you need it.
account-done-passkey-renamed = The name is saved.
account-done-passkey-removed = The passkey is removed and opens nothing any more.
account-done-password-set = The password is set. Your other sessions were ended.
account-done-password-removed = The password is removed.
account-done-factor-set = The second factor is set up. Its code is asked for from now on.
account-done-factor-removed = The second factor is removed.
account-done-recovery-cancelled = The recovery is stopped. Make new recovery codes: one of yours was used.
account-done-session-ended = That session is ended.
account-done-sessions-ended = All other sessions are ended.
account-done-token-revoked = The key is revoked and does not count any more.
account-done-confirmed = Confirmed.

account-no-sign-in-wrong = That did not open an account: the name, the password or the code is wrong.
account-no-link-unknown = This is not a sign-in link of ours. Copy all of it.
account-no-link-used = This link was used already. Ask for a new one.
account-no-link-expired = This link has expired. Ask for a new one.
account-no-too-many-tries = Too many tries failed. Wait a little and try again; a passkey works at once.
account-no-account-locked = This account is locked. An administrator can unlock it.
account-no-passkey-unknown = This passkey is not known here. It may have been removed.
account-no-passkey-copied = This passkey was used elsewhere with a newer counter, as a copy would be. It was not accepted.
account-no-recovery-waits = Your new passkey counts after the waiting time of the recovery.
account-no-last-way-in = This is the last way into your account. Add another one first.
account-no-too-many-passkeys = You have as many passkeys as one person can have. Remove one first.
account-no-name-malformed = A name has 1 to 60 characters.
account-no-code-wrong = This code is wrong or was used before. Wait for the next one.
account-no-second-factor-absent = There is no second factor to confirm. Begin again.
account-no-second-factor-needed = Your password is too short to count without the second factor. Change or remove the password first.
account-no-recovery-code-wrong = This recovery code is not known, or was used before.
account-no-password-short = A password alone has at least 15 characters; with a second factor at least 8.
account-no-password-long = A password has at most 512 bytes.
account-no-password-guessable = This password is easy to guess. Take several words that have nothing to do with each other.
account-no-password-listed = This password is known to attackers, or says the name of the product, the maker or you.
account-no-sign-in-name-taken = Somebody else has this sign-in name.
account-no-sign-in-name-malformed = A sign-in name has 3 to 40 letters a to z, digits, dots, dashes or underscores, and begins with a letter.
account-no-confirm-again = Confirm first that it is you, then make the key within ten minutes.
account-no-token-life-out-of-range = A key lives 1 to 90 days.
account-not-me-title = This was not me
account-not-me-lead = Use this if a message told you of a change of your account that you did not make.
account-not-me-happens = All sessions and all keys to the interface end. What was added to the account since then is removed or rests. The password opens nothing until a passkey or a recovery opened the account. Nothing is shown here, and nobody gets in by this page.
account-not-me-button = This was not me: make my account safe
account-not-me-done = Your account is safe. Every session has ended.
account-not-me-next = Sign in with a passkey that you had before, or use a recovery code. Then remove what you do not know.
account-not-me-unknown = This link is not known, has been used, or is older than 72 hours. Sign in and look at your account page.
account-no-second-factor-first = You sign in with two factors: set up the second factor first, then the password.

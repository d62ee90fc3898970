# Room: public.
public-problem-forbidden = Not allowed
public-problem-absent = Nothing here
public-problem-fault = Our fault
public-problem-other = That did not work
public-problem-name = Name
public-problem-request = Request
public-problem-logged = Logged as
public-problem-back = Back to the start
public-nav = Pages for everyone
public-nav-products = Products
public-home-title = Holdfast: connected products, held securely
public-home-heading = Connected products, held securely.
public-home-lead = This server looks after the devices of one maker from the factory to their last update. It belongs to the maker; nobody else reads along.
public-home-doors = What brings you here?
public-home-owner = You own a device
public-home-owner-words = New here? Scan the code on your device with your phone. That is all you need to begin.
public-home-owner-go = My devices
public-home-buyer = You want to know about a product
public-home-buyer-words = Until when it gets updates and why, what it hears and sees, what happens to your data. No account, no cookie.
public-home-buyer-go = All products
public-home-finder = You found a security problem
public-home-finder-words = Thank you for telling the maker. You need no account, and no name. Write to:
public-home-finder-none = The maker has not published an address yet.
public-home-staff = You work for the maker
public-home-staff-words = Fleet, releases, findings and everything that has happened.
public-home-console = Open the console
public-home-promises = What it holds to
public-home-p1 = One identity each
public-home-p1-words = Every device makes its own key. No password is shared by two of them.
public-home-p2 = Updates that are checked twice
public-home-p2-words = Signed by several people, verified by the device, taken back if the device does not stay healthy.
public-home-p3 = Tampering is seen
public-home-p3-words = A device that runs something else is contained until it proves itself again.
public-home-p4 = History that cannot be edited
public-home-p4-words = Every security decision stands in a ledger that you can verify offline.
public-all = All products
public-all-lead = Until when each product gets security updates, and all that you should know before you buy it.
public-all-none = No product is public yet.
public-all-none-note = The maker publishes each one here before it is sold.
public-all-feeds = For shops and programs:
public-supported-until = Security updates until { $day }
public-ended-on = No security updates since { $day }
public-discontinued = Not sold any more since { $day }
public-tabs = Pages about { $name }
public-tab-overview = Overview
public-tab-support = Support and updates
public-tab-privacy = Privacy
public-tab-security = Security
public-tab-statement = Statement of compliance
public-tab-retail = For retailers
public-changed = Last changed on { $day }
public-until-title = Security updates until
public-left = { $left } left
public-ended-title = Security updates ended on
public-ended-note = New flaws are not fixed any more.
public-from = First sold on { $day }
public-why = Why until then
public-after = What happens then
public-more-support = All dates, promises and plans
public-more-privacy = All that it takes, and what for
public-updates = Updates so far
public-updates-none = No update has been published yet.
public-update-security = Security
public-update-feature = Improvement
public-update-withdrawn = Withdrawn
public-senses = What it can hear and see
public-microphone-yes = Has a microphone
public-microphone-no = No microphone
public-camera-yes = Has a camera
public-camera-no = No camera
public-location-yes = Knows where it is
public-location-no = Does not know where it is
public-sensor-microphone = Microphone
public-sensor-camera = Camera
public-sensor-location = Location
public-sensor-presence = Presence
public-sensor-radio = Radio surroundings
public-sensor-other = Other sensors
public-off = To switch it off:
public-credentials = Passwords
public-credentials-per-device = Every unit has its own password, drawn at random. No two units share one.
public-credentials-user-defined = There is no password until you set one yourself.
public-credentials-no-password = No password, and so no default password either.
public-offline = Without the internet
public-setup = Setting it up securely
public-labels = Labels
public-label-over = Over
public-label-number = No. { $number }
public-label-versions = versions { $versions }
public-label-day = until { $day }
public-label-check = Check it
public-maker = Who makes it
public-documents = Documents
public-documents-note = The list of components (SBOM) names all software inside. The network description (MUD) tells your router whom the product may talk to.
public-link-sbom = List of components (SBOM)
public-link-mud = Network description (MUD)
public-link-manual = Manual
public-link-help = Help
public-link-reports = Test reports
public-languages = Languages: { $list }
public-accessories = In the box: { $list }
public-qr = This page in your pocket
public-qr-alt = QR code that leads to { $address }
public-support-title = Support of { $name }
public-no-update = Why it cannot be updated
public-how = How updates come
public-cadence = How often
public-duty = What you have to do
public-trust = How updates are checked
public-trust-words = Several people at the maker sign each update with keys that are kept apart from this server. The device checks these signatures and the whole update before it installs anything, tries it, and goes back by itself if it does not run well. Owners see on their pages which version runs and that it is the published one.
public-plan = How units are replaced
public-dates = All dates
public-date-first = First sold
public-date-discontinued = Last sold
public-date-software = Security updates until
public-date-hardware = Repair and replacement until
public-date-warranty = Warranty
public-date-warranty-words = { $span } from purchase
public-sunsets = What ends on the way
public-promises = What was promised, and when
public-promises-note = The date can move later. It can never move nearer.
public-promise = On { $at }: until { $until }
public-terms = What it costs to keep
public-ask = Questions
public-privacy-title = Privacy of { $name }
public-privacy-lead = Made from the same description that the server checks each message against: what is not listed here is not taken.
public-personal = What it takes about you
public-personal-none = Nothing that says something about a person.
public-personal-note = This may say something about people at home.
public-what = What
public-purpose = What for
public-basis = Legal basis
public-basis-unstated = not stated
public-basis-consent = Your consent (GDPR Art. 6(1)(a))
public-basis-contract = Our contract with you (GDPR Art. 6(1)(b))
public-basis-legal-obligation = A legal duty (GDPR Art. 6(1)(c))
public-basis-vital-interests = Life and limb (GDPR Art. 6(1)(d))
public-basis-public-task = A public task (GDPR Art. 6(1)(e))
public-basis-legitimate-interests = Legitimate interests (GDPR Art. 6(1)(f))
public-kept = Kept for
public-kept-setting = as long as it is set
public-kept-server = no end stated
public-recipients = Who receives it
public-recipients-none = Nobody but the maker.
public-risks = What sharing it can lead to
public-steps = What you can do
public-deletion = Deleting your data
public-rights = Your rights
public-redress = If something went wrong
public-security-title = Security of { $name }
public-report = Report a security problem
public-report-words = Anyone may report: free of charge, without an account, without a name, in English or any language the maker reads.
public-acknowledge = Your report is acknowledged within: { $days }
public-news = You hear from us, until it is resolved, at least every: { $days }
public-policy = How reports are dealt with
public-statement-title = Statement of compliance for { $name }
public-statement = Statement of compliance
public-statement-law = Product Security and Telecommunications Infrastructure (Security Requirements for Relevant Connectable Products) Regulations 2023, Schedule 4 (United Kingdom)
public-statement-product = Product
public-statement-batch = Type and batch
public-statement-maker = Manufacturer
public-statement-representative = Authorised representative
public-statement-until = Defined support period at first supply, until
public-statement-extended = Extended since, until { $day }
public-statement-prepared = This statement is prepared by or on behalf of { $maker }.
public-statement-requirements = In the manufacturer's opinion, the applicable security requirements of Schedule 1 are complied with.
public-statement-conditions = In the manufacturer's opinion, the conditions of Schedule 2 for deemed compliance with the security requirements are met.
public-statement-standards = It rests on: { $standards }
public-statement-signed = Signed by
public-statement-place = Place and date
public-statement-none = The maker has not published a statement for this product yet.
public-retail-title = Selling { $name }
public-retail-lead = What a shop shows, checks and hands over. Everything here may be copied.
public-retail-beside = Show this beside the price
public-retail-beside-words = On the shelf, in the catalogue and on the web, before the customer decides.
public-retail-text = { $name } gets security updates until { $day }.
public-retail-text-ended = { $name } has had no security updates since { $day }.
public-retail-text-warranty = Warranty: { $span } from purchase.
public-retail-terms = Show running costs as well:
public-retail-duties = Your list
public-retail-duty-date = Show the date { $day } wherever the price stands, and fetch it anew each day: it can move later.
public-retail-duty-statement = Do not supply the product without its statement, and keep a copy:
public-retail-duty-stop = Do not sell it as new after { $day } unless the buyer is told in writing that there are no more security updates.
public-retail-duty-password = Never set, note or hand over a password for a unit. The code on it belongs to the buyer alone.
public-retail-duty-returns = Wipe every returned or refurbished unit before it is sold again, and check that it asks for its code anew.
public-retail-duty-buyers = Keep addresses of buyers only for as long as you need them, and give them to nobody.
public-retail-duty-tell = If you learn of a fault or of a product that does not comply, stop selling it and tell the maker:
public-retail-print = For shelf and box
public-retail-pdf = Label, A7 (PDF)
public-retail-svg = Label, A7 (SVG)
public-retail-qr = Only the code (SVG)
public-retail-feeds = For your system
public-retail-feeds-words = These say the same as this page and change with it. They have an entity tag: asking again costs nothing.
public-retail-json = all products with their dates
public-retail-atom = what has changed
public-retail-ld = this product, for your page
public-label-until = Security updates until
public-label-ended = No security updates since
public-label-scan = Why, and what it does with data:
public-feed-title = Products and their security support
public-feed-about = Until when each product gets security updates, why, and every change of it.
public-feed-first = { $name }: security updates until { $day }
public-feed-extended = { $name }: support extended until { $day }
public-feed-security = { $name }: security update { $version }
public-feed-update = { $name }: update { $version }
public-ld-until = Security updates until
public-ld-statement = Statement of compliance
public-ld-reason = Reason for the support period
public-ld-hardware = Repair and replacement until
public-ld-warranty = Warranty in months
public-ld-terms = Running costs
public-ld-contact = Security contact
public-and = { $a } and { $b }
public-comma = .
public-month-1 = January
public-month-2 = February
public-month-3 = March
public-month-4 = April
public-month-5 = May
public-month-6 = June
public-month-7 = July
public-month-8 = August
public-month-9 = September
public-month-10 = October
public-month-11 = November
public-month-12 = December
public-date = { $day } { $month } { $year }
public-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
public-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
public-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
public-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
public-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
public-update-signed = { $count ->
    [one] signed by { $count } person
   *[other] signed by { $count } people
}
public-impersonal = { $count ->
    [one] { $count } more reading or setting, about the unit itself
   *[other] { $count } more readings and settings, about the unit itself
}

# What owners read about a release.
note-risk = Which risk it removes
note-urgency = How urgent it is
note-urgency-now = Install it now
note-urgency-soon = Install it within days
note-urgency-whenever = Install it when it suits you
note-away-title = How long the device is away
note-away-none = Not at all
note-away = { $count ->
    [one] About { $count } minute
   *[other] About { $count } minutes
}
note-do = What you need to do
note-do-nothing = Nothing
note-do-restart = Restart the device when it asks you to
note-do-keep-powered = Keep the device connected to power
note-do-update-app-first = Update the app first
note-advisories = Security notices it settles
note-none = For this release the maker did not say these things yet.

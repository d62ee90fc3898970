//! What protects owners and accounts from strangers, from the maker's own people, and from whoever holds a mailbox: met at the
//! real doors.

use std::net::{IpAddr, Ipv4Addr};

use holdfast_core::id::{CommandId, DeviceId, HelpId, PersonId};
use holdfast_core::release::{ReleaseFacts, ReleaseKind};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::homes::{HomeChange, Member, Ownership, PairedController, Release, Rights};
use holdfast_domain::people::account::{AccountChange, Password, Standing};
use holdfast_domain::people::help::{ANSWER_WITHIN, HelpChange, Request, Stands, Topic};
use holdfast_domain::people::notice::{Notice, NoticeKind};
use holdfast_server::clock;
use holdfast_web::backend::Stop;
use holdfast_web::backend::credentials::{Arrival, Credentials as _, TypedPassword};
use holdfast_web::secret::Secret;
use reqwest::Method;
use serde_json::json;

use crate::api::Api;
use crate::maker::{image, release};
use crate::world::{World, until};

const DEVICE: &str = "/api/v1/home/devices/hearth-0001";
const PHRASE: &str = "violet harbour spoon eleven";

fn device() -> DeviceId {
    "hearth-0001".parse().unwrap()
}

fn put(world: &World, changes: Vec<Change>) {
    world.server().house().store().commit(Decision::quiet(changes)).unwrap();
}

/// Somebody with a private account, signed in with a browser.
async fn somebody(world: &World, name: &str) -> (Api, PersonId) {
    let link = world.admin.post("/api/v1/sign-in-links", json!({"name": name, "role": "owner"})).await.ok();
    let browser = world.nobody();
    browser.sign_in(link["url"].as_str().unwrap()).await.ok();
    let id = browser.get("/api/v1/me").await.ok()["id"].as_str().unwrap().parse().unwrap();
    (browser, id)
}

fn owned(by: PersonId) -> Change {
    let since = Timestamp::from_micros(clock::now().as_micros() - 1_000_000);
    Change::Home(HomeChange::AddOwnership(Ownership { device: device(), person: by, since, nickname: None }))
}

async fn kinds_of(who: &Api) -> Vec<String> {
    let told = who.get("/api/v1/notices").await.ok();
    told["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staff_end_an_ownership_with_a_reason_a_wait_and_a_second_person() {
    let world = World::with_product().await;
    world.units(1).await;
    let (ada, id) = somebody(&world, "Ada").await;
    let (ben, _) = somebody(&world, "Ben").await;
    put(&world, vec![owned(id)]);
    let path = "/api/v1/devices/hearth-0001/release-owner";
    let ask = json!({"reason": "unit-returned"});
    assert_eq!(world.admin.post(path, json!({})).await.status, 400, "a reason is needed");
    assert_eq!(world.admin.post(path, json!({"reason": "because"})).await.name(), "reason-missing");
    world.admin.post(path, ask.clone()).await.ok();
    assert_eq!(world.admin.post(path, ask.clone()).await.name(), "recall-waits");
    assert_eq!(world.admin.post(&format!("{path}/second"), json!({})).await.name(), "recall-same-person");

    let household = ada.get(&format!("{DEVICE}/household")).await.ok();
    assert_eq!(household["recall"]["reason"], "unit-returned");
    assert!(kinds_of(&ada).await.contains(&"recall-asked".to_owned()), "the owner is told");
    assert_eq!(ben.delete(&format!("{DEVICE}/recall")).await.name(), "device-unknown", "none of Ben's business");
    ada.delete(&format!("{DEVICE}/recall")).await.ok();
    assert_eq!(ada.delete(&format!("{DEVICE}/recall")).await.name(), "recall-unknown");
    assert_eq!(ada.get("/api/v1/home/devices").await.ok()["items"].as_array().unwrap().len(), 1, "still hers");

    world.admin.post(path, ask).await.ok();
    let second = world.person("security").await;
    second.post(&format!("{path}/second"), json!({})).await.ok();
    assert!(ada.get("/api/v1/home/devices").await.ok()["items"].as_array().unwrap().is_empty());
    let page = world.admin.get("/api/v1/ledger/entries?from=0&limit=500").await.ok();
    let lines = page["items"].as_array().unwrap();
    let line = lines.iter().find(|line| line["kind"] == "ownership-released").unwrap().to_string();
    assert!(line.contains("second-person") && line.contains("unit-returned"), "{line}");
    for kind in ["recall-asked", "recall-stopped"] {
        assert!(lines.iter().any(|line| line["kind"] == kind), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_factory_identity_gets_nothing_while_its_device_is_given_away() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    let line = units[0].connect(&world).await;
    let (_, ada) = somebody(&world, "Ada").await;
    put(&world, vec![owned(ada)]);
    drop(line);
    let now = clock::now();
    let held = world.server().house().store().certificates(&device()).unwrap().first().map(|one| one.key);
    let order = CommandId::new(now, [7; 10]);
    let release = Release { order, device: device(), begun: now, held, wiped: None, swept: None };
    put(
        &world,
        vec![
            Change::Home(HomeChange::EndOwnership { device: device(), person: ada }),
            Change::Home(HomeChange::AddRelease(release)),
        ],
    );
    for shown in [None, Some("00".repeat(32)), Some("not a secret".to_owned())] {
        let (status, text, _) = units[0].ask_to_enrol(&world, shown.as_deref()).await;
        assert_eq!(status.as_u16(), 403, "{text}");
        assert!(text.contains("identity-in-use"), "{text}");
    }
    let alerts = world.admin.get("/api/v1/alerts").await.ok().to_string();
    assert!(alerts.contains("clone-suspected"), "{alerts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_of_a_member_opens_its_own_parts_of_the_home_and_no_others() {
    let world = World::with_product().await;
    world.fleet(1).await;
    let (ada, owner) = somebody(&world, "Ada").await;
    put(&world, vec![owned(owner)]);
    let phone = PairedController {
        id: "ab".repeat(32),
        name: "Ada's phone".to_owned(),
        permissions: "read".to_owned(),
        paired: clock::now(),
    };
    put(&world, vec![Change::Home(HomeChange::SetControllers { device: device(), controllers: vec![phone] })]);
    let none = Rights::default();
    let wish = json!({"desired": {"targetTemperature": 21.0}});
    for (name, rights) in [
        ("control", Rights { control: true, ..none }),
        ("updates", Rights { manage_updates: true, ..none }),
        ("data", Rights { see_data: true, ..none }),
        ("all", Rights::ALL),
    ] {
        let (member, id) = somebody(&world, name).await;
        let since = clock::now();
        put(&world, vec![Change::Home(HomeChange::PutMember(Member { device: device(), person: id, rights, since }))]);
        let household = member.get(&format!("{DEVICE}/household")).await.ok();
        assert!(household["controllers"].as_array().unwrap().is_empty(), "{name}: whose phones is the owner's");
        assert!(household["invitations"].as_array().unwrap().is_empty() && household["recall"].is_null(), "{name}");
        let home = member.get(DEVICE).await.ok();
        assert_eq!(home["sent"].as_array().unwrap().is_empty(), !rights.see_data, "{name}: {home}");
        assert!(rights.see_data || home["sensing"].as_array().is_none_or(Vec::is_empty), "{name}");
        let set = member.request(Method::PATCH, &format!("{DEVICE}/settings")).json(&wish);
        let set = Api::send(set).await;
        assert_eq!(set.status == 403, !rights.control, "{name}: {set:?}");
        let order = member.post(&format!("{DEVICE}/commands"), json!({"action": "identify"})).await;
        assert_eq!(order.name() == "right-missing", !rights.control, "{name}: {order:?}");
        let choice = json!({"release": "01930000-0000-7000-8000-000000000000", "wish": "now"});
        let choice = member.post(&format!("{DEVICE}/choice"), choice).await;
        assert_eq!(choice.name() == "right-missing", !rights.manage_updates, "{name}: {choice:?}");
        assert_eq!(member.post(&format!("{DEVICE}/release"), json!({})).await.name(), "not-the-owner", "{name}");
        let rights = json!({"control": true, "manage_updates": true, "see_data": true});
        let invite = member.post(&format!("{DEVICE}/invitations"), rights).await;
        assert_eq!(invite.name(), "not-the-owner", "{name}");
    }
    let household = ada.get(&format!("{DEVICE}/household")).await.ok();
    assert_eq!(household["controllers"].as_array().unwrap().len(), 1, "the owner sees them");
}

fn arrival(n: u32, mark: u8) -> Arrival {
    let mut session_hash = [0; 32];
    session_hash[..4].copy_from_slice(&n.to_be_bytes());
    let address = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + n));
    Arrival { session_hash, mark_hash: [mark; 32], browser: "A test".to_owned(), address }
}

fn typed(login: &str, password: &str) -> TypedPassword {
    TypedPassword { login: login.to_owned(), password: password.to_owned(), code: None }
}

fn refusal(stop: &Stop) -> (&'static str, String) {
    match stop {
        Stop::Refused(refusal) => (refusal.name, refusal.detail.clone()),
        Stop::Fault(_) => panic!("a fault"),
    }
}

async fn with_password(browser: &Api, login: &str, password: &str) {
    let body = json!({"login": login, "password": password});
    Api::send(browser.request(Method::PUT, "/api/v1/account/password").json(&body)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_at_the_front_door_does_not_tell_whether_there_is_such_an_account() {
    let world = World::new().await;
    let (ola, _) = somebody(&world, "Ola").await;
    with_password(&ola, "ola.nord", PHRASE).await;
    let house = world.server().house();
    let wrong = |n, login: &str, password: &str| {
        refusal(&house.sign_in_by_password(&typed(login, password), &arrival(n, 200)).unwrap_err())
    };
    let answers = [
        wrong(1, "ola.nord", "violet harbour spoon twelve"),
        wrong(2, "nobody.here", "violet harbour spoon twelve"),
        wrong(3, "not a sign-in name", "violet harbour spoon twelve"),
        wrong(4, "", ""),
    ];
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // The page says it in the same bytes, too.
    let page = async |login: &str| {
        let form = format!("login={login}&password=wrong+and+long+enough&code=");
        let request = world.nobody().request(Method::POST, "/sign-in/password").body(form);
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").header("origin", &world.admin.base);
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        (status, reply.text().await.unwrap().replace(login, "LOGIN"))
    };
    assert_eq!(page("ola.nord").await, page("nobody.here").await);
    // Recovery codes and ceremonies: right form or not, the same name.
    let recover = async |code: &str| {
        let reply = world.nobody().post("/api/v1/passkeys/recover/begin", json!({"code": code})).await;
        (reply.status, reply.name().to_owned())
    };
    assert_eq!(recover("ABCD-EFGH-JKMN-PQRS").await, recover("0000-0000-0000-0000").await);
    assert_eq!(recover("ABCD-EFGH-JKMN-PQRS").await, recover("nonsense").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_tried_at_many_accounts_opens_none_from_an_unknown_browser_and_is_an_alert() {
    let world = World::new().await;
    let (ola, _) = somebody(&world, "Ola").await;
    with_password(&ola, "ola.nord", PHRASE).await;
    let house = world.server().house();
    // Ola's own browser has signed in before.
    house.sign_in_by_password(&typed("ola.nord", PHRASE), &arrival(1, 1)).unwrap();
    for n in 0..10 {
        assert!(house.sign_in_by_password(&typed(&format!("victim.{n:03}x"), PHRASE), &arrival(100 + n, 9)).is_err());
    }
    let stranger = house.sign_in_by_password(&typed("ola.nord", PHRASE), &arrival(500, 9));
    assert_eq!(refusal(&stranger.unwrap_err()).0, "sign-in-wrong", "right, and yet refused like a wrong one");
    house.sign_in_by_password(&typed("ola.nord", PHRASE), &arrival(2, 1)).expect("her own browser goes on");
    let alerts = world.admin.get("/api/v1/alerts").await.ok().to_string();
    assert!(alerts.contains("password-sprayed"), "{alerts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_database_shows_no_equal_digests_and_no_fast_ones() {
    let mut world = World::new().await;
    for name in ["ola.nord", "per.nord"] {
        let (browser, _) = somebody(&world, name).await;
        with_password(&browser, name, PHRASE).await;
        let codes = Api::send(browser.request(Method::POST, "/api/v1/account/recovery-codes").json(&json!({})));
        assert_eq!(codes.await.status, 200);
    }
    let hash = |login: &str| {
        let found = world.server().house().store().password_by_login(&login.parse().unwrap()).unwrap();
        found.unwrap().hash
    };
    let (one, two) = (hash("ola.nord"), hash("per.nord"));
    assert_ne!(one, two);
    assert!([&one, &two].iter().all(|hash| hash.starts_with("p1$argon2id$")), "{one}");
    world.stop().await;
    for file in ["holdfast.db", "holdfast.db-wal"] {
        let bytes = std::fs::read(world.state().join(file)).unwrap_or_default();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(PHRASE.as_bytes()), "{file} holds a password");
        let key = std::fs::read(world.state().join("keys/people.key"))
            .or_else(|_| std::fs::read(world.state().join("people.key")));
        if let Ok(key) = key {
            let text: Vec<u8> = key.split(|b| *b == b'\n').find(|line| line.len() > 30).unwrap_or_default().to_vec();
            assert!(text.is_empty() || !holds(&text), "the pepper's key is not in the database");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_passwords_lock_one_of_the_staff_until_an_administrator_acts() {
    let world = World::new().await;
    let link = world.admin.post("/api/v1/sign-in-links", json!({"name": "Sam", "role": "support"})).await.ok();
    let sam = world.nobody();
    sam.sign_in(link["url"].as_str().unwrap()).await.ok();
    let id = sam.get("/api/v1/me").await.ok()["id"].as_str().unwrap().to_owned();
    let body = json!({"login": "sam.helper", "password": PHRASE});
    let alone = Api::send(sam.request(Method::PUT, "/api/v1/account/password").json(&body)).await;
    assert_eq!(alone.name(), "second-factor-first", "one factor is none for the staff");
    let person: PersonId = id.parse().unwrap();
    let hash = "p1$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let login = "sam.helper".parse().unwrap();
    let password = Password { person, login, hash: hash.to_owned(), long: true, changed: clock::now() };
    put(&world, vec![Change::Account(AccountChange::SetPassword(password))]);
    let house = world.server().house();
    let wrong =
        |n: u32| house.sign_in_by_password(&typed("sam.helper", &format!("wrong and long {n}")), &arrival(n, 3));
    for n in 1..=5 {
        assert_eq!(refusal(&wrong(n).unwrap_err()).0, "sign-in-wrong");
        assert_eq!(house.store().standing(person).unwrap().failures, n);
    }
    assert_eq!(refusal(&wrong(6).unwrap_err()).0, "too-many-tries", "from now on each try waits longer");
    let almost = Standing { failures: 9, ..Standing::default() };
    put(&world, vec![Change::Account(AccountChange::SetStanding { person, to: almost })]);
    until("the wait to be over and the tenth failure", || {
        let answer = wrong(7).unwrap_err();
        std::future::ready((refusal(&answer).0 == "sign-in-wrong").then_some(()))
    })
    .await;
    assert!(house.store().standing(person).unwrap().locked.is_some());
    let alerts = world.admin.get("/api/v1/alerts").await.ok().to_string();
    assert!(alerts.contains("account-locked"), "whoever can unlock is told: {alerts}");
    world.admin.post(&format!("/api/v1/people/{id}/unlock"), json!({})).await.ok();
    assert!(house.store().standing(person).unwrap().locked.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_other_sessions_and_every_key_to_the_interface() {
    let world = World::new().await;
    let (ola, _) = somebody(&world, "Ola").await;
    let made = ola.post("/api/v1/tokens", json!({"label": "a program", "days": 1})).await.ok();
    let program = world.nobody().with_token(made["token"].as_str().unwrap());
    program.get("/api/v1/me").await.ok();
    with_password(&ola, "ola.nord", PHRASE).await;
    assert_eq!(program.get("/api/v1/me").await.status, 401, "its key is revoked");
    ola.get("/api/v1/me").await.ok();
}

async fn press(world: &World, code: &str) -> (u16, String) {
    let request = world.nobody().request(Method::POST, "/account/not-me").body(format!("code={code}"));
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("origin", &world.admin.base);
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_notice_stops_what_is_going_on_and_gives_nothing_to_its_holder() {
    let world = World::new().await;
    let (ola, id) = somebody(&world, "Ola Nordmann").await;
    with_password(&ola, "ola.nord", PHRASE).await;
    let codes = Api::send(ola.request(Method::POST, "/api/v1/account/recovery-codes").json(&json!({})));
    assert_eq!(codes.await.status, 200);
    let made = ola.post("/api/v1/tokens", json!({"label": "a program", "days": 1})).await.ok();
    let program = world.nobody().with_token(made["token"].as_str().unwrap());
    let notice = Notice::new(id, NoticeKind::PasswordChanged, clock::now());
    put(&world, vec![Change::AddNotice(notice.clone())]);
    let secret = Secret::from_random(clock::random());
    let store = world.server().house().store();
    store.add_objection(secret.hash(), notice.id, clock::now().plus(Millis::from_secs(60))).unwrap();

    let look = world.nobody().request(Method::GET, &format!("/account/not-me?code={}", secret.text()));
    let look = look.send().await.unwrap();
    assert!(look.headers().get("set-cookie").is_none());
    let page = look.text().await.unwrap();
    assert!(page.contains("Your password was changed") && !page.contains("Nordmann"), "{page}");
    ola.get("/api/v1/me").await.ok();
    program.get("/api/v1/me").await.ok();

    let (status, page) = press(&world, &secret.text()).await;
    assert!(status == 200 && page.contains("Your account is safe"), "{page}");
    assert_eq!(ola.get("/api/v1/me").await.status, 401);
    assert_eq!(program.get("/api/v1/me").await.status, 401);
    let locked = world.server().house().sign_in_by_password(&typed("ola.nord", PHRASE), &arrival(7, 7));
    assert_eq!(refusal(&locked.unwrap_err()).0, "account-locked", "the password rests");
    assert_eq!(press(&world, &secret.text()).await.0, 404, "once");
    assert_eq!(press(&world, &Secret::from_random([3; 32]).text()).await.0, 404);
    let kinds = world.kinds_from(0).await;
    assert!(kinds.iter().any(|kind| kind == "account-frozen"), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_says_no_and_then_yes_to_an_update_and_sees_afterwards_what_was_installed() {
    let world = World::with_product().await;
    let units = world.fleet(1).await;
    let (ada, id) = somebody(&world, "Ada").await;
    put(&world, vec![owned(id)]);
    assert!(ada.get(&format!("{DEVICE}/updates")).await.ok()["offered"].is_null(), "nothing yet");
    let image = image("1");
    let facts = ReleaseFacts { kind: ReleaseKind::Security, ..release(1, &image) };
    world.put_artifact(&facts.image_digest.to_string(), image).await.ok();
    world.explain(&facts).await.ok();
    let made = world.publish(world.maker.signed(&facts)).await.ok();
    let release = made["id"].as_str().unwrap().to_owned();
    let plan = json!({
        "release": release, "phases": [{"percent": 100, "success_percent": 100}],
        "abort_threshold_percent": 50, "min_devices": 1, "deadline_s": 3600,
    });
    let made = world.admin.post("/api/v1/deployments", plan).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let deployment = made.body["id"].as_str().unwrap().to_owned();
    let offered = until("an update that is offered", || async {
        let updates = ada.get(&format!("{DEVICE}/updates")).await.ok();
        (!updates["offered"].is_null()).then_some(updates)
    })
    .await;
    let seen = offered["offered"]["release"].as_str().unwrap().to_owned();
    let choice = format!("{DEVICE}/choice");
    let choose = |wish: &str| ada.post(&choice, json!({"release": seen, "wish": wish}));
    let other = json!({"release": "01930000-0000-7000-8000-000000000000", "wish": "now"});
    assert_eq!(ada.post(&format!("{DEVICE}/choice"), other).await.name(), "update-changed");
    choose("never").await.ok();
    assert_eq!(world.server().house().store().refused_at_home_count().unwrap(), 1, "the fleet's page counts it");
    let declined = ada.get(&format!("{DEVICE}/updates")).await.ok();
    assert_eq!(declined["offered"]["state"], "declined", "{declined}");
    choose("now").await.ok();
    assert_eq!(world.server().house().store().refused_at_home_count().unwrap(), 0);
    let release = world.admin.get(&format!("/api/v1/releases/{seen}")).await.ok();
    units[0].succeeds(&world, &deployment, &release).await;
    let past = until("the update among what was installed", || async {
        let updates = ada.get(&format!("{DEVICE}/updates")).await.ok();
        updates["past"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(past["state"], "succeeded", "{past}");
    assert_eq!(choose("never").await.status, 409, "what is installed is installed");
    until("the owner to be told", || async {
        let kinds = kinds_of(&ada).await;
        kinds.iter().any(|kind| kind == "security-update-done" || kind == "update-installed").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_more_than_seventy_two_hours_is_told_to_the_staff_once() {
    let mut world = World::with_product().await;
    world.units(1).await;
    let (_, id) = somebody(&world, "Ada").await;
    let opened = Timestamp::from_micros(clock::now().as_micros() - 73 * 3_600 * 1_000_000);
    let request = Request {
        id: HelpId::new(opened, [5; 10]),
        person: id,
        device: None,
        topic: Topic::Help,
        opened,
        due: opened.plus(ANSWER_WITHIN),
        answered: None,
        overdue: None,
        stands: Stands::WaitsForMaker,
        messages: 1,
    };
    put(&world, vec![Change::Help(HelpChange::Open(request))]);
    world.restart().await;
    let late = |world: &World| {
        let admin = world.admin.clone();
        async move {
            let alerts = admin.get("/api/v1/alerts").await.ok();
            let items = alerts["items"].as_array().unwrap().clone();
            items.iter().filter(|alert| alert["kind"] == "help-overdue").count()
        }
    };
    until("the alert about it", || async { (late(&world).await == 1).then_some(()) }).await;
    world.restart().await;
    until("the server's first looks", || async { (world.lines().await > 0).then_some(()) }).await;
    assert_eq!(late(&world).await, 1, "once");
}

//! Behaviour of admission, of shadow and command checks, and of the model compiler.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use value::FieldMap;

const THERMOSTAT: &str = include_str!("../../../../examples/hearth-thermostat.tm.json");
const CAMERA: &str = include_str!("../../../../examples/porch-camera.tm.json");
const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

fn thermostat() -> Model {
    Model::compile(THERMOSTAT).expect("the example compiles")
}

fn admit(
    fields: &[(&str, FieldValue<'_>)],
    at: Timestamp,
    counter: u64,
    last: Option<&LastReading>,
) -> Result<Option<LastReading>, (&'static str, Option<String>)> {
    let model = thermostat();
    let input = TelemetryInput { counter, at, fields };
    let admitted = model.admit("climate", &input, last, NOW);
    admitted.map(|admitted| admitted.last).map_err(|refusal| (refusal.name(), refusal.field().map(str::to_owned)))
}

fn plus_ms(ms: u64) -> Timestamp {
    NOW.plus(Millis(ms))
}

use FieldValue::{Boolean, Integer, Number, Text};

#[test]
fn both_examples_compile_and_say_what_is_personal() {
    let thermostat = thermostat();
    assert_eq!(thermostat.title(), "Hearth thermostat");
    assert_eq!(thermostat.vendor_domain(), Some("hearth.example"));
    let names: Vec<&str> = thermostat.streams().iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["climate", "heating", "unit"]);
    let climate = thermostat.stream("climate").expect("declared");
    assert!(climate.is_personal());
    assert_eq!(climate.retention(), Some(Millis::from_secs(30 * 86_400)));
    assert!(!climate.field("battery").expect("declared").labels.personal, "a field may narrow its stream's label");
    assert!(!thermostat.stream("unit").expect("declared").is_personal());

    let camera = Model::compile(CAMERA).expect("the example compiles");
    let sensing = camera.stream("sensing").expect("declared");
    assert!(sensing.fields.iter().all(|field| field.labels.personal && field.labels.security_sensitive));
    assert!(!camera.property("shutterClosed").expect("declared").writable);
    assert!(camera.action("deleteClips").expect("declared").labels.personal);
}

#[test]
fn a_product_says_how_urgent_it_is_how_its_key_is_kept_and_what_it_may_do_for_others() {
    let with = |term: &str| THERMOSTAT.replacen("\"title\"", &format!("{term},\"title\""), 1);
    let plain = thermostat();
    assert_eq!(
        (plain.priority(), plain.key_protection(), plain.role()),
        (Priority::Ordinary, KeyProtection::File, Role::Device)
    );
    let said = with(r#""hf:priority":"safety","hf:keyProtection":"hardware","hf:role":"aggregator""#);
    let said = Model::compile(&said).expect("compiles");
    assert_eq!(
        (said.priority(), said.key_protection(), said.role()),
        (Priority::Safety, KeyProtection::Hardware, Role::Aggregator)
    );
    for term in ["hf:priority", "hf:keyProtection", "hf:role"] {
        let error = Model::compile(&with(&format!("\"{term}\":\"Urgent\""))).expect_err("no such word");
        assert_eq!((error.pointer.as_str(), error.name()), (format!("/{term}").as_str(), "word-unknown"));
    }
}

#[test]
fn a_fitting_reading_is_admitted_and_remembered() {
    let last = admit(&[("temperature", Number(20.5)), ("battery", Integer(80))], NOW, 1, None);
    let last = last.expect("admitted").expect("newest");
    assert_eq!((last.counter, last.at), (1, NOW));
}

#[test]
fn each_fault_of_a_reading_is_refused_by_its_name_and_field() {
    let good = ("temperature", Number(20.5));
    let cases = [
        (vec![good, ("pressure", Number(1.0))], "undeclared-field", "pressure"),
        (vec![("temperature", Text("warm"))], "wrong-type", "temperature"),
        (vec![("temperature", Boolean(true))], "wrong-type", "temperature"),
        (vec![("temperature", Number(f64::NAN))], "wrong-type", "temperature"),
        (vec![("temperature", Number(f64::INFINITY))], "wrong-type", "temperature"),
        (vec![good, ("battery", Number(80.5))], "wrong-type", "battery"),
        (vec![("temperature", Number(60.01))], "out-of-range", "temperature"),
        (vec![("temperature", Integer(-21))], "out-of-range", "temperature"),
        (vec![good, ("battery", Integer(101))], "out-of-range", "battery"),
        (vec![("humidity", Number(40.0))], "missing-field", "temperature"),
        (vec![], "missing-field", "temperature"),
        (vec![good, good], "duplicate-field", "temperature"),
    ];
    for (fields, name, field) in cases {
        assert_eq!(admit(&fields, NOW, 1, None), Err((name, Some(field.to_owned()))), "{fields:?}");
    }
}

#[test]
fn text_outside_its_list_or_length_is_refused() {
    let model = thermostat();
    let admit = |mode| {
        let fields = [("valve", Integer(5)), ("demand", Boolean(true)), ("mode", Text(mode))];
        let input = TelemetryInput { counter: 1, at: NOW, fields: &fields };
        model.admit("heating", &input, None, NOW).map(drop).map_err(|refusal| refusal.name())
    };
    assert_eq!(admit("frost"), Ok(()));
    assert_eq!(admit("Frost"), Err("not-in-enum"));
    assert_eq!(admit(&"x".repeat(257)), Err("text-too-long"));
}

#[test]
fn an_undeclared_stream_is_refused() {
    let input = TelemetryInput { counter: 1, at: NOW, fields: &[] };
    let refusal = thermostat().admit("clicks", &input, None, NOW).map(drop);
    assert_eq!(refusal, Err(TelemetryRefusal::UndeclaredStream));
}

#[test]
fn a_clock_may_be_behind_for_ever_and_ahead_for_five_minutes() {
    let good = [("temperature", Number(20.5))];
    assert!(admit(&good, Timestamp::from_micros(0), 1, None).is_ok());
    assert!(admit(&good, plus_ms(300_000), 1, None).is_ok());
    assert_eq!(admit(&good, plus_ms(300_001), 1, None), Err(("clock-in-future", None)));
}

#[test]
fn a_value_may_change_only_as_fast_as_declared() {
    let at = |celsius| [("temperature", Number(celsius))];
    let first = admit(&at(20.0), NOW, 1, None).expect("admitted");
    let slope = Err(("slope-exceeded", Some("temperature".to_owned())));
    assert!(admit(&at(25.0), plus_ms(500), 2, first.as_ref()).is_ok(), "10 K/s for half a second");
    assert!(admit(&at(15.0), plus_ms(500), 2, first.as_ref()).is_ok(), "down as well");
    assert_eq!(admit(&at(25.1), plus_ms(500), 2, first.as_ref()), slope);
    assert!(
        admit(&at(25.1), plus_ms(511), 3, first.as_ref()).is_ok(),
        "a true change is admitted once it is old enough"
    );
}

#[test]
fn a_slope_is_measured_over_readings_that_leave_the_field_out() {
    let model = thermostat();
    let admit = |fields: &[(&str, FieldValue<'_>)], ms, counter, last: Option<&LastReading>| {
        let input = TelemetryInput { counter, at: plus_ms(ms), fields };
        model.admit("climate", &input, last, plus_ms(ms)).map(|admitted| admitted.last).map_err(|r| r.name())
    };
    let (warm, dry) = (("temperature", Number(20.0)), ("humidity", Number(10.0)));
    let first = admit(&[warm, dry], 0, 1, None).expect("admitted");
    let second = admit(&[warm], 1_000, 2, first.as_ref()).expect("admitted");
    assert!(admit(&[warm, ("humidity", Number(100.0))], 1_700, 3, second.as_ref()).is_err());
    assert!(admit(&[warm, ("humidity", Number(100.0))], 1_900, 3, second.as_ref()).is_ok());
}

#[test]
fn readings_may_not_come_sooner_than_declared_but_a_repeat_may() {
    let good = [("temperature", Number(20.5))];
    let first = admit(&good, NOW, 7, None).expect("admitted");
    assert_eq!(admit(&good, plus_ms(49), 8, first.as_ref()), Err(("rate-exceeded", None)));
    assert!(matches!(admit(&good, plus_ms(50), 8, first.as_ref()), Ok(Some(_))));
    assert_eq!(admit(&good, NOW, 7, first.as_ref()), Ok(None), "sent again after a lost acknowledgement");
    assert_eq!(admit(&good, NOW, 6, first.as_ref()), Ok(None));
    let bad = [("temperature", Number(99.0))];
    assert!(admit(&bad, NOW, 6, first.as_ref()).is_err(), "a repeat must fit all the same");
}

#[test]
fn a_shadow_holds_declared_fields_and_the_server_sets_only_writable_ones() {
    let model = thermostat();
    let desired = |map: FieldMap| model.check_desired(&map).map_err(|refusal| refusal.problem.name());
    let reported = |map: FieldMap| model.check_reported(&map).map_err(|refusal| refusal.problem.name());
    let empty = FieldMap::default;
    assert_eq!(desired(empty().with("targetTemperature", 21_i64).with("mode", "manual")), Ok(()));
    assert_eq!(desired(empty().with("valveCalibrated", true)), Err("read-only-field"));
    assert_eq!(reported(empty().with("valveCalibrated", true)), Ok(()));
    assert_eq!(desired(empty().with("colour", "red")), Err("undeclared-field"));
    assert_eq!(reported(empty().with("colour", "red")), Err("undeclared-field"));
    assert_eq!(desired(empty().with("targetTemperature", 31_i64)), Err("out-of-range"));
    assert_eq!(reported(empty().with("mode", "party")), Err("not-in-enum"));
    assert_eq!(desired(empty().with("childLock", 1_i64)), Err("wrong-type"));
}

#[test]
fn an_order_names_a_declared_action_and_brings_fitting_input() {
    let model = thermostat();
    let check = |action: &str, input: FieldMap| {
        model.check_action_input(action, &input).map(|action| action.name.clone()).map_err(|refusal| refusal.name())
    };
    let empty = FieldMap::default;
    let full = empty().with("day", "mon").with("minute", 420_i64).with("temperature", 20.5);
    assert_eq!(check("setSchedule", full), Ok("setSchedule".to_owned()));
    assert_eq!(check("setSchedule", empty().with("day", "mon")), Err("missing-field"));
    assert_eq!(check("identify", empty()), Ok("identify".to_owned()));
    assert_eq!(check("identify", empty().with("seconds", 61_i64)), Err("out-of-range"));
    assert_eq!(check("calibrateValve", empty().with("x", 1_i64)), Err("undeclared-field"));
    assert_eq!(check("explode", empty()), Err("undeclared-action"));
}

/// Compiles the smallest model around one part and shows pointer and name of the error.
fn compile_error(events: &str, properties: &str, actions: &str) -> (String, &'static str) {
    let head = r#""@context":["https://www.w3.org/2022/wot/td/v1.1",{"hf":"https://holdfast.dev/ns#"}]"#;
    let text = format!(
        r#"{{{head},"@type":"tm:ThingModel","title":"T","events":{{{events}}},"properties":{{{properties}}},"actions":{{{actions}}}}}"#
    );
    Model::compile(&text).map_or_else(|error| (error.pointer.clone(), error.name()), |_| (String::new(), "compiles"))
}

#[test]
fn what_a_stream_may_not_say_is_refused_with_its_pointer() {
    let data = |inner: &str| format!(r#""s":{{"data":{{"type":"object",{inner}}}}}"#);
    let field = |inner: &str| data(&format!(r#""properties":{{"x":{{{inner}}}}}"#));
    let x = "/events/s/data/properties/x";
    for (events, pointer, name) in [
        (field(r#""type":"number""#), "", "compiles"),
        (field(r#""type":"array""#), &format!("{x}/type"), "unsupported-type"),
        (field(r#""minimum":1"#), &format!("{x}/type"), "member-absent"),
        (field(r#""type":"number","multipleOf":2"#), &format!("{x}/multipleOf"), "unsupported-keyword"),
        (field(r#""type":"number","hf:speed":2"#), &format!("{x}/hf:speed"), "unknown-term"),
        (field(r#""type":"number","readOnly":true"#), &format!("{x}/readOnly"), "unsupported-keyword"),
        (field(r#""type":"number","minimum":"1""#), &format!("{x}/minimum"), "wrong-kind"),
        (field(r#""type":"number","minimum":2,"maximum":1"#), x, "bounds-crossed"),
        (field(r#""type":"integer","minimum":1.5"#), &format!("{x}/minimum"), "wrong-kind"),
        (field(r#""type":"integer","enum":[1,"2"]"#), &format!("{x}/enum/1"), "enum-malformed"),
        (field(r#""type":"integer","enum":[1,2],"maximum":1"#), x, "bounds-crossed"),
        (field(r#""type":"string","enum":[]"#), &format!("{x}/enum"), "enum-malformed"),
        (field(r#""type":"string","enum":["a","a"]"#), &format!("{x}/enum/1"), "enum-malformed"),
        (field(r#""type":"string","enum":["abc"],"maxLength":2"#), x, "bounds-crossed"),
        (field(r#""type":"string","maxLength":257"#), &format!("{x}/maxLength"), "number-out-of-range"),
        (field(r#""type":"string","minimum":1"#), &format!("{x}/minimum"), "keyword-for-other-type"),
        (field(r#""type":"boolean","hf:slope":1"#), &format!("{x}/hf:slope"), "keyword-for-other-type"),
        (field(r#""type":"number","hf:slope":0"#), &format!("{x}/hf:slope"), "number-out-of-range"),
        (field(r#""type":"number","hf:personal":true"#), x, "purpose-absent"),
        (field(r#""type":"number","hf:personal":true,"hf:purpose":"p""#), x, "retention-absent"),
        (field(r#""type":"number","hf:retention":"P1M""#), &format!("{x}/hf:retention"), "duration-malformed"),
        (data(r#""properties":{"x y":{"type":"number"}}"#), "/events/s/data/properties/x y", "name-malformed"),
        (data(r#""properties":{}"#), "/events/s/data", "empty-stream"),
        (
            data(r#""properties":{"x":{"type":"number"}},"required":["y"]"#),
            "/events/s/data/required/0",
            "required-undeclared",
        ),
        (
            data(r#""properties":{"x":{"type":"number"}},"additionalProperties":true"#),
            "/events/s/data/additionalProperties",
            "unsupported-keyword",
        ),
        (r#""S":{"data":{}}"#.to_owned(), "/events/S", "name-malformed"),
        (r#""s":{}"#.to_owned(), "/events/s/data", "member-absent"),
        (r#""s":{"data":{"type":"number"}}"#.to_owned(), "/events/s/data/type", "unsupported-type"),
        (r#""s":{"forms":[],"data":{}}"#.to_owned(), "/events/s/forms", "unsupported-keyword"),
        (r#""s":{"hf:minInterval":86400001,"data":{}}"#.to_owned(), "/events/s/hf:minInterval", "number-out-of-range"),
    ] {
        assert_eq!(compile_error(&events, "", ""), (pointer.to_owned(), name), "{events}");
    }
}

#[test]
fn what_a_property_or_an_action_may_not_say_is_refused_with_its_pointer() {
    for (properties, actions, pointer, name) in [
        (r#""p":{"type":"integer","maximum":3,"default":4}"#, "", "/properties/p/default", "default-refused"),
        (r#""p":{"type":"integer","hf:slope":1}"#, "", "/properties/p/hf:slope", "unknown-term"),
        (r#""p":{"type":"integer","writeOnly":true}"#, "", "/properties/p/writeOnly", "unsupported-keyword"),
        (r#""p":{"type":"object"}"#, "", "/properties/p/type", "unsupported-type"),
        (r#""p/q":{"type":"boolean"}"#, "", "/properties/p~1q", "name-malformed"),
        ("", r#""a":{"output":{"type":"object"}}"#, "/actions/a/output", "unsupported-keyword"),
        ("", r#""a":{"hf:personal":true}"#, "/actions/a", "purpose-absent"),
        ("", r#""a":{"input":{"type":"string"}}"#, "/actions/a/input/type", "unsupported-type"),
    ] {
        assert_eq!(compile_error("", properties, actions), (pointer.to_owned(), name), "{properties}{actions}");
    }
}

#[test]
fn what_is_no_thing_model_is_refused() {
    let check = |text: &str| Model::compile(text).map(drop).map_err(|error| error.name());
    assert_eq!(check("{"), Err("model-not-json"));
    assert_eq!(check("[]"), Err("wrong-kind"));
    assert_eq!(check("{}"), Err("member-absent"));
    assert_eq!(check(&" ".repeat(MODEL_BYTES_MAX + 1)), Err("model-too-large"));
    assert_eq!(check(&THERMOSTAT.replace("tm:ThingModel", "Thing")), Err("not-a-thing-model"));
    assert_eq!(check(&THERMOSTAT.replace("holdfast.dev/ns#", "holdfast.dev/x#")), Err("context-incomplete"));
    assert_eq!(check(&THERMOSTAT.replace("hearth.example\"", "Hearth\"")), Err("name-malformed"));
    assert_eq!(
        check(&THERMOSTAT.replace("\"manual\", \"href\"", "\"tm:extends\", \"href\"")),
        Err("unsupported-keyword")
    );
}

#[test]
fn durations_have_a_fixed_length() {
    let compiles = |duration: &str| {
        let field = format!(r#""type":"number","hf:retention":"{duration}""#);
        compile_error(&format!(r#""s":{{"data":{{"type":"object","properties":{{"x":{{{field}}}}}}}}}"#), "", "").1
    };
    for good in ["P30D", "P2W", "PT12H", "P1DT12H30M5S"] {
        assert_eq!(compiles(good), "compiles", "{good}");
    }
    for bad in ["30D", "P", "PT", "P1Y", "P1M", "P-1D", "P1.5D", "P1D1D", "PT5S1H", "P0D", "P99999999999999999999D"] {
        assert_eq!(compiles(bad), "duration-malformed", "{bad}");
    }
}

/// Any scalar or small container that could stand anywhere in a document.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a-z:.~/ é-]{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z:]{0,12}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Every place of a document.
fn pointers(at: &str, json: &Json, found: &mut Vec<String>) {
    found.push(at.to_owned());
    if let Some(map) = json.as_object() {
        map.iter().for_each(|(key, part)| pointers(&format!("{at}/{key}"), part, found));
    } else if let Some(list) = json.as_array() {
        list.iter().enumerate().for_each(|(n, part)| pointers(&format!("{at}/{n}"), part, found));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_model_with_any_part_replaced_compiles_or_is_refused_by_name(place in any::<prop::sample::Index>(), part in any_json()) {
        let mut document: Json = serde_json::from_str(CAMERA).expect("the example is JSON");
        let mut places = Vec::new();
        pointers("", &document, &mut places);
        if let Some(slot) = document.pointer_mut(place.get::<String>(&places)) {
            *slot = part;
        }
        if let Err(error) = Model::compile(&document.to_string()) {
            prop_assert!(!error.name().is_empty() && !error.to_string().is_empty());
        }
    }

    #[test]
    fn a_flat_map_reads_back_exactly(
        numbers in prop::collection::btree_map("[a-z]{1,8}", prop::num::f64::NORMAL | prop::num::f64::ZERO, 0..8),
        texts in prop::collection::btree_map("[A-Z]{1,8}", ".{0,40}", 0..8),
    ) {
        let mut map = FieldMap::default();
        for (name, number) in &numbers {
            map = map.with(name, *number);
        }
        for (name, text) in &texts {
            map = map.with(name, text.as_str());
        }
        prop_assert_eq!(FieldMap::parse(&map.to_string()), Ok(map));
    }
}

/// The thermostat with more terms at its stream `climate` and at its field `temperature`.
fn with_terms(stream: &str, field: &str) -> Result<Model, ModelError> {
    let stream_terms = format!("\"hf:minInterval\": 50, {stream}");
    let field_terms = format!("\"hf:slope\": 10{}{field}", if field.is_empty() { "" } else { ", " });
    let text =
        THERMOSTAT.replacen("\"hf:minInterval\": 50,", &stream_terms, 1).replacen("\"hf:slope\": 10", &field_terms, 1);
    Model::compile(&text)
}

#[test]
fn a_stream_says_its_cadence_its_rate_and_whether_it_is_signed() {
    let model =
        with_terms(r#""hf:maxInterval": 60000, "hf:maxRate": 3, "hf:signed": "required","#, "").expect("compiles");
    let climate = model.stream("climate").expect("declared");
    assert_eq!(
        (climate.interval_ms_max, climate.per_minute_max, climate.signed),
        (Some(Millis(60_000)), Some(3), true)
    );
    let fields = [("temperature", Number(20.0))];
    let start = Timestamp::from_micros(NOW.as_micros() / 60_000_000 * 60_000_000);
    let mut last = None;
    let mut admit = |counter: u64, ms: u64| {
        let input = TelemetryInput { counter, at: start.plus(Millis(ms)), fields: &fields };
        let admitted = model.admit("climate", &input, last.as_ref(), start.plus(Millis(ms)));
        admitted.map(|admitted| last = admitted.last).map_err(|refusal| refusal.name())
    };
    assert_eq!([admit(1, 0), admit(2, 1_000), admit(3, 2_000)], [Ok(()), Ok(()), Ok(())]);
    assert_eq!(admit(4, 3_000), Err("rate-exceeded"));
    assert_eq!(admit(4, 60_000), Ok(()), "the next minute");
    for (terms, name) in [
        (r#""hf:maxInterval": 49,"#, "intervals-crossed"),
        (r#""hf:maxRate": 0,"#, "number-out-of-range"),
        (r#""hf:signed": "always","#, "word-unknown"),
    ] {
        assert_eq!(with_terms(terms, "").map(drop).map_err(|error| error.name()), Err(name));
    }
}

#[test]
fn a_field_says_how_well_it_is_measured_and_until_when() {
    let terms = r#""hf:uncertainty": 0.3, "hf:resolution": 0.1, "hf:quality": "required", "hf:calibration": {"due": "battery"}"#;
    let model = with_terms("", terms).expect("compiles");
    let climate = model.stream("climate").expect("declared");
    let field = climate.field("temperature").expect("declared");
    assert_eq!((field.measuring.uncertainty, field.measuring.resolution), (Some(0.3), Some(0.1)));
    assert!(climate.wants_quality());
    let reading = FieldMap::default().with("battery", 77_i64);
    assert_eq!(climate.calibration_due(field, &reading, NOW), Some(Timestamp::from_micros(77_000_000)));
    let by_age = with_terms("", r#""hf:calibration": {"days": 2}"#).expect("compiles");
    let climate = by_age.stream("climate").expect("declared");
    let due = climate.calibration_due(climate.field("temperature").expect("declared"), &reading, NOW);
    assert_eq!(due, Some(NOW.plus(Millis::from_secs(2 * 86_400))));
    for (terms, name) in [
        (r#""hf:uncertainty": 0"#, "number-out-of-range"),
        (r#""hf:calibration": {}"#, "member-absent"),
        (r#""hf:calibration": {"due": "humidity"}"#, "calibration-field"),
        (r#""hf:calibration": {"due": "nothing"}"#, "calibration-field"),
        (r#""hf:calibration": {"days": 2, "due": "battery"}"#, "too-many"),
        (r#""hf:calibration": {"years": 2}"#, "unsupported-keyword"),
        (r#""hf:quality": "good""#, "word-unknown"),
        (r#""hf:text": "free""#, "keyword-for-other-type"),
    ] {
        assert_eq!(with_terms("", terms).map(drop).map_err(|error| error.name()), Err(name), "{terms}");
    }
    assert_eq!(
        Model::compile(&THERMOSTAT.replace("\"°C\"", "\"Celsius\"")).map(drop).map_err(|error| error.name()),
        Err("unit-unknown")
    );
}

#[test]
fn units_and_qualities_beside_the_values_are_checked() {
    let model = with_terms("", r#""hf:quality": "required""#).expect("compiles");
    let stated = holdfast_core::telemetry::TelemetryMessage::parse(
        br#"{"c":1,"t":1,"f":{"temperature":20},"q":{"temperature":"good"}}"#,
    );
    let stated = stated.expect("a message").quality;
    let check = |qualities: &Qualities, units: &[(&str, &str)]| {
        model.check_beside("climate", qualities, units.iter().copied()).map_err(|refusal| refusal.problem.name())
    };
    assert_eq!(check(&stated, &[("temperature", "Cel"), ("humidity", "%RH")]), Ok(()));
    assert_eq!(check(&stated, &[("temperature", "K")]), Err("unit-mismatch"));
    assert_eq!(check(&stated, &[("temperature", "degrees")]), Err("unit-mismatch"));
    assert_eq!(check(&Qualities::new(), &[]), Err("quality-absent"));
}

#[test]
fn a_slope_is_judged_from_a_stored_reading_as_from_a_live_one() {
    let model = thermostat();
    let stored = FieldMap::default().with("temperature", 20.0).with("battery", 80_i64);
    let last = model.recall("climate", 4, NOW, &stored).expect("declared");
    let live = admit(&[("temperature", Number(20.0)), ("battery", Integer(80))], NOW, 4, None);
    assert_eq!(Ok(Some(last.clone())), live);
    let jump = admit(&[("temperature", Number(40.0))], plus_ms(1_000), 5, Some(&last));
    assert_eq!(jump, Err(("slope-exceeded", Some("temperature".to_owned()))));
    assert!(model.recall("clicks", 1, NOW, &stored).is_none());
}

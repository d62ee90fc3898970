// A device that speaks through MQTT.js, as a maker would write it without our agent.
//
// Arguments: port, device id, folder with ca.pem, device.pem and device.key, protocol version (5 or 4), the reading to publish.
// Subscribes to its policy, publishes the reading with quality of service 1, then prints one JSON object of what came back.
const fs = require("node:fs");
const mqtt = require("mqtt");

const [port, device, folder, version, reading] = process.argv.slice(2);
const seen = { client: "mqtt.js", connack: null, granted: null, policy: null, puback: null, retain_available: null };
const file = (name) => fs.readFileSync(`${folder}/${name}`);
const client = mqtt.connect({
  protocol: "mqtts",
  host: "localhost",
  port: Number(port),
  clientId: device,
  protocolVersion: Number(version),
  ca: file("ca.pem"),
  cert: file("device.pem"),
  key: file("device.key"),
  reconnectPeriod: 0,
  connectTimeout: 20_000,
});
const fail = (why) => {
  console.error(why);
  process.exit(1);
};
client.on("error", fail);
client.on("packetreceive", (packet) => {
  if (packet.cmd === "puback") seen.puback = packet.reasonCode ?? 0;
});
client.on("connect", (connack) => {
  seen.connack = connack.reasonCode ?? connack.returnCode;
  seen.retain_available = connack.properties?.retainAvailable ?? null;
  client.subscribe(`hf/v1/${device}/policy`, { qos: 1 }, (error, granted) => {
    if (error) fail(error);
    seen.granted = granted.map((one) => one.qos);
  });
});
client.on("message", (_topic, payload) => {
  seen.policy = JSON.parse(payload);
  client.publish(`hf/v1/${device}/telemetry/climate`, reading, { qos: 1 }, (error) => {
    if (error) fail(error);
    client.end(false, {}, () => console.log(JSON.stringify(seen)));
  });
});

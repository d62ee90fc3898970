"""A device that speaks through paho-mqtt (Eclipse), as a maker would write it without our agent.

Arguments: port, device id, folder with ca.pem, device.pem and device.key, protocol version (5 or 311), the reading to publish.
Subscribes to its policy, publishes the reading with quality of service 1, then prints one JSON object of what came back.
"""
import json
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE_S = 20


def main() -> None:
    port, device, folder, version, reading = sys.argv[1:6]
    protocol = mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311
    seen = {"client": "paho", "connack": None, "granted": None, "policy": None, "puback": None, "retain_available": None}
    told, acknowledged, ended = threading.Event(), threading.Event(), threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=protocol)
    client.tls_set(ca_certs=f"{folder}/ca.pem", certfile=f"{folder}/device.pem", keyfile=f"{folder}/device.key")

    def on_connect(client, _userdata, _flags, reason, properties):
        seen["connack"] = reason.value
        seen["retain_available"] = getattr(properties, "RetainAvailable", None)
        client.subscribe(f"hf/v1/{device}/policy", qos=1)

    def on_subscribe(_client, _userdata, _mid, reasons, _properties):
        seen["granted"] = [reason.value for reason in reasons]

    def on_message(_client, _userdata, message):
        seen["policy"] = json.loads(message.payload)
        told.set()

    def on_publish(_client, _userdata, _mid, reason, _properties):
        seen["puback"] = reason.value
        acknowledged.set()

    def on_disconnect(*_):
        ended.set()

    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    client.on_publish, client.on_disconnect = on_publish, on_disconnect
    client.connect("localhost", int(port), keepalive=30)
    client.loop_start()
    told.wait(PATIENCE_S)
    client.publish(f"hf/v1/{device}/telemetry/climate", reading, qos=1)
    acknowledged.wait(PATIENCE_S)
    client.disconnect()
    ended.wait(PATIENCE_S)
    client.loop_stop()
    print(json.dumps(seen))


main()

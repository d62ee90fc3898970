//! Statements about keys: who signed what, which devices depend on which CA, revocation lists, the fleet's certificates.

use super::catalogue;

catalogue! { KEYS:
    ISSUER_SET = "insert into certificate_issuer (serial, issuer) values ($1, $2)";
    HARDWARE_ADD = "insert into hardware_key (device) values ($1)";
    HARDWARE = "select count(*) from hardware_key where device = $1";
    HARDWARE_COUNTS = "select d.product, count(*) from hardware_key h join device d on d.id = h.device
        group by d.product order by d.product";

    DEVICE_TRUST_PUT = "insert into device_trust (device, version, at) values ($1, $2, $3)
        on conflict (device) do update set version = excluded.version, at = excluded.at";
    DEVICE_TRUST = "select version from device_trust where device = $1";
    DEVICES_BEHIND = "select count(*) from device d left join device_trust t on t.device = d.id
        where d.enrolment = 'accepted' and coalesce(t.version, 0) < $1";

    CA_DEPENDENTS = "select count(distinct c.device) from certificate c
        left join certificate_issuer i on i.serial = c.serial
        where c.state in ('issued', 'proven') and c.not_after > $1 and coalesce(i.issuer, $2) = $3";
    CA_FALLEN = "select c.serial, c.state, c.state_changed from certificate c
        left join certificate_issuer i on i.serial = c.serial
        where c.state in ('revoked', 'superseded') and c.not_after > $1 and coalesce(i.issuer, $2) = $3
        order by c.serial limit $4";
    CA_FALLEN_SINCE = "select count(*) from certificate c left join certificate_issuer i on i.serial = c.serial
        where c.state in ('revoked', 'superseded') and +c.not_after > $1 and coalesce(i.issuer, $2) = $3
        and c.state_changed >= $4";
    CERTIFICATES_OVER = "select c.serial from certificate c
        where c.state in ('revoked', 'superseded') and c.not_after < $1 and not exists
            (select 1 from series s join telemetry_proof p on p.series = s.id
             where s.device = c.device and p.received >= c.not_before and p.received <= c.not_after)
        order by c.not_after limit $2";
    CERTIFICATE_ISSUER_DROP = "delete from certificate_issuer where serial = $1";
    CERTIFICATE_DROP = "delete from certificate where serial = $1";

    CRL = "select issuer, number, this_update, next_update, entries, der from crl where issuer = $1";
    CRLS = "select issuer, number, this_update, next_update, entries, der from crl order by issuer";
    CRL_PUT = "insert into crl (issuer, number, this_update, next_update, entries, der) values ($1, $2, $3, $4, $5, $6)
        on conflict (issuer) do update set number = excluded.number, this_update = excluded.this_update,
        next_update = excluded.next_update, entries = excluded.entries, der = excluded.der
        where excluded.number > crl.number";

    FLEET_KEYS = "select d.product,
        sum(case when c.state = 'proven' and c.not_after > $1 then 1 else 0 end),
        sum(case when c.state = 'issued' and c.not_after > $1 then 1 else 0 end),
        sum(case when c.state = 'proven' and c.not_after > $1 and c.not_after <= $2 then 1 else 0 end),
        sum(case when c.state = 'proven' and c.not_after <= $1 and d.enrolment = 'accepted' then 1 else 0 end),
        min(case when c.state = 'proven' and c.not_after > $1 then c.not_before else null end),
        sum(case when c.not_after > $1 and coalesce(i.issuer, $3) = $4 then 1 else 0 end)
        from certificate c join device d on d.id = c.device left join certificate_issuer i on i.serial = c.serial
        where c.state in ('issued', 'proven') group by d.product order by d.product";
    TOKENS_ENDING = "select count(*), min(expires), max(created) from api_token where revoked is null and expires > $1";
}

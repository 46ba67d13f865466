/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_certificate.h"

#include "lib/doctor_stage.h"

static hws_tls_certificate leaf = {
    .subject = "CN=localhost",
    .issuer = "CN=Intermediate",
    .names = "localhost",
    .not_before_s = STAGE_NOW_S - 30 * STAGE_DAY_S,
    .not_after_s = STAGE_NOW_S + 60 * STAGE_DAY_S,
};

static void stage_tls(hws_status status, const char *text, hws_tls_certificate own,
                      hws_tls_certificate second)
{
    const hws_tls_info info = {
        .version = "TLSv1.3",
        .cipher = "",
        .alpn = "",
        .trusted = status == HWS_OK,
        .distrust = text,
        .chain = {own, second},
        .chain_count = second.subject ? 2
                       : own.subject  ? 1
                                      : 0,
    };
    stage_url("wss://localhost:8443/");
    doctor_report_add_step(
        &stage, &(hws_step){.type = HWS_STEP_TLS, .status = status, .text = text, .tls = &info});
    if (status == HWS_OK) {
        stage_healthy_talk();
    } else {
        stage_end(status, text);
    }
}

static const hws_tls_certificate none = {0};

static void test_expired(void **state)
{
    (void)state;
    hws_tls_certificate old = leaf;
    old.not_after_s = STAGE_NOW_S - 3 * STAGE_DAY_S;
    stage_tls(HWS_ERR_TLS_EXPIRED, "expired", old, none);
    check_fault(DOCTOR_FAULT, "certificate-expired",
                "certificate of localhost expired on 2026-11-18, 3 days ago", "Renew");

    stage_tls(HWS_ERR_TLS_EXPIRED, "expired", leaf, old);
    check_fault(DOCTOR_FAULT, "certificate-expired", "certificate of the authority CN=localhost",
                "Renew");

    old.not_after_s = STAGE_NOW_S - STAGE_DAY_S - 1;
    stage_tls(HWS_ERR_TLS_EXPIRED, "expired", old, none);
    check_fault(DOCTOR_FAULT, "certificate-expired", ", 1 day ago", "Renew");

    hws_tls_certificate now = leaf; /* but not by our clock */
    now.not_before_s = now.not_after_s = STAGE_NOW_S;
    stage_tls(HWS_ERR_TLS_EXPIRED, "expired, they say", now, none);
    check_fault(DOCTOR_FAULT, "certificate-unacceptable", "expired, they say", "");
}

static void test_not_yet_valid(void **state)
{
    (void)state;
    hws_tls_certificate early = leaf;
    early.not_before_s = STAGE_NOW_S + STAGE_DAY_S;
    stage_tls(HWS_ERR_TLS_EXPIRED, "not yet", early, none);
    check_fault(DOCTOR_FAULT, "certificate-not-yet-valid",
                "from 2026-11-22 on; the clock of this machine says 2026-11-21", "clock");

    early.not_before_s = STAGE_NOW_S;
    stage_tls(HWS_OK, "", early, none);
    check_healthy();
}

static void test_expires_soon(void **state)
{
    (void)state;
    hws_tls_certificate soon = leaf;
    soon.not_after_s = STAGE_NOW_S + 14 * STAGE_DAY_S;
    stage_tls(HWS_OK, "", soon, none);
    check_healthy();
    soon.not_after_s = STAGE_NOW_S + 14 * STAGE_DAY_S - 1;
    stage_tls(HWS_OK, "", soon, none);
    check_fault(DOCTOR_WARNING, "certificate-expires-soon", "in 13 days", "Renew");
    soon.not_after_s = STAGE_NOW_S;
    stage_tls(HWS_OK, "", leaf, soon);
    check_fault(DOCTOR_WARNING, "certificate-expires-soon", "authority", "Renew");
}

static void test_name(void **state)
{
    (void)state;
    hws_tls_certificate other = leaf;
    other.names = "example.com www.example.com";
    stage_tls(HWS_ERR_TLS_NAME, "name", other, none);
    check_fault(DOCTOR_FAULT, "certificate-name",
                "not for localhost, but for: example.com www.example.com", "alternative name");
    other.names = "";
    stage_tls(HWS_ERR_TLS_NAME, "name", other, none);
    check_fault(DOCTOR_FAULT, "certificate-name", "no name at all", "");
}

static void test_trust(void **state)
{
    (void)state;
    hws_tls_certificate own = leaf;
    own.issuer = own.subject;
    stage_tls(HWS_ERR_TLS_UNTRUSTED, "self-signed", own, none);
    check_fault(DOCTOR_FAULT, "certificate-self-signed", "localhost", "--insecure");

    stage_tls(HWS_ERR_TLS_UNTRUSTED, "unknown issuer", leaf, none);
    check_fault(DOCTOR_FAULT, "certificate-chain-incomplete", "CN=Intermediate", "fullchain.pem");

    stage.question.has_authorities = true;
    check_fault(DOCTOR_FAULT, "certificate-authority-unknown", "CN=Intermediate",
                "does not hold it");

    hws_tls_certificate root = leaf;
    root.subject = root.issuer = "CN=Our Root";
    stage_tls(HWS_ERR_TLS_UNTRUSTED, "unknown issuer", leaf, root);
    check_fault(DOCTOR_FAULT, "certificate-authority-unknown", "CN=Our Root", "company");

    stage_tls(HWS_ERR_TLS_UNTRUSTED, "no chain", none, none);
    check_fault(DOCTOR_FAULT, "certificate-authority-unknown", "no chain", "--authorities");

    stage_tls(HWS_ERR_TLS_CERTIFICATE, "key too small", leaf, none);
    check_fault(DOCTOR_FAULT, "certificate-unacceptable", "key too small", "2048");
    doctor_copy(stage.tls.distrust, sizeof stage.tls.distrust, "weak digest");
    check_fault(DOCTOR_FAULT, "certificate-unacceptable", "weak digest", "");
}

static void test_insecure(void **state)
{
    (void)state;
    stage_tls(HWS_OK, "", leaf, none);
    stage.tls.is_trusted = false;
    doctor_copy(stage.tls.distrust, sizeof stage.tls.distrust, "unknown issuer");
    check_fault(DOCTOR_WARNING, "certificate-unacceptable", "unknown issuer", "--insecure");

    doctor_copy(stage.tls.chain[0].issuer, sizeof stage.tls.chain[0].issuer, "CN=localhost");
    check_fault(DOCTOR_WARNING, "certificate-self-signed", "localhost", "");

    stage.tls.chain[0].not_after_s = STAGE_NOW_S - 1;
    check_fault(DOCTOR_WARNING, "certificate-expired", "0 days ago", "");
}

static void test_plain_server(void **state)
{
    (void)state;
    stage_tls(HWS_ERR_TLS_NOT_TLS, "wrong version number", none, none);
    check_fault(DOCTOR_FAULT, "plain-server", "port 8443 does not speak TLS", "certificate");
    stage_trial(DOCTOR_TRIAL_SCHEME, "ws://localhost:8443/", true);
    check_fault(DOCTOR_FAULT, "plain-server", "", "it opens: use ws://localhost:8443/");
    stage.trial[0].is_open = false;
    stage.trial[0].is_answered = true;
    check_fault(DOCTOR_FAULT, "plain-server", "", "it answers: use ws://localhost:8443/");
}

static void test_refusals(void **state)
{
    (void)state;
    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: certificate_required", leaf, none);
    check_fault(DOCTOR_FAULT, "client-certificate-wanted", "none was shown", "--key");
    stage.question.has_certificate = true;
    check_fault(DOCTOR_FAULT, "client-certificate-refused", "certificate_required", "authority");

    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: protocol_version", none, none);
    check_fault(DOCTOR_FAULT, "tls-version", "protocol_version", "ssl_protocols");
    stage_tls(HWS_ERR_TLS, "unsupported protocol", none, none);
    check_fault(DOCTOR_FAULT, "tls-version", "unsupported protocol", "1.2");
    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: no_application_protocol", none, none);
    check_fault(DOCTOR_FAULT, "http2-only", "HTTP/2 alone", "ALPN");
    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: unrecognized_name", none, none);
    check_fault(DOCTOR_FAULT, "tls-name-unknown", "localhost", "name");
    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: handshake_failure", leaf, none);
    check_fault(DOCTOR_FAULT, "client-certificate-wanted", "handshake_failure", "");
    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: internal_error", leaf, none);
    check_fault(DOCTOR_FAULT, "tls-refused", "", "");
    stage_tls(HWS_ERR_TLS_REFUSED, "the peer says: handshake_failure", none, none);
    check_fault(DOCTOR_FAULT, "tls-refused", "handshake_failure", "-connect localhost:8443");
}

static void test_late_refusal(void **state)
{
    (void)state; /* TLS 1.3: the certificate is looked for when the client's part is over */
    stage_tls(HWS_OK, "", leaf, none);
    memset(&stage.talk, 0, sizeof stage.talk);
    stage_request("");
    stage_end(HWS_ERR_TLS_REFUSED, "the peer says: certificate_required");
    check_fault(DOCTOR_FAULT, "client-certificate-wanted", "certificate_required", "");
}

static void test_silence(void **state)
{
    (void)state;
    stage_url("wss://localhost:8443/");
    stage_end(HWS_ERR_CONNECTION_RESET, "it was reset");
    check_fault(DOCTOR_FAULT, "tls-dropped", "it was reset", "may not speak TLS");
    stage_end(HWS_ERR_HANDSHAKE_TIMEOUT, "too late");
    check_fault(DOCTOR_FAULT, "tls-timeout", "does not answer the TLS handshake", "port 8443");
    stage_trial(DOCTOR_TRIAL_SCHEME, "ws://localhost:8443/", true);
    check_fault(DOCTOR_FAULT, "tls-timeout", "", "at ws://localhost:8443/, it opens");

    stage_tls(HWS_ERR_CONNECTION_LOST, "it ended", none, none);
    check_fault(DOCTOR_FAULT, "tls-dropped", "it ended", "");

    stage_tls(HWS_ERR_CONNECT_TIMEOUT, "too late", none, none);
    check_fault(DOCTOR_FAULT, "tls-timeout", "too late", "");
    assert_int_equal(stage_faults.count, 1);
    stage_url("wss://localhost/"); /* not even an address has answered */
    stage_end(HWS_ERR_CONNECT_TIMEOUT, "");
    check_fault(DOCTOR_FAULT, "connect-timeout", "", "");

    static const hws_status late[] = {HWS_ERR_HANDSHAKE_TIMEOUT, HWS_ERR_TIMEOUT};
    static const hws_status cut[] = {HWS_ERR_CONNECTION_LOST, HWS_ERR_CONNECTION_RESET};
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        stage_url("wss://localhost/");
        stage_end(late[i], "");
        check_fault(DOCTOR_FAULT, "tls-timeout", "", "");
        stage_tls(late[i], "", none, none);
        check_fault(DOCTOR_FAULT, "tls-timeout", "", "");
        stage_url("wss://localhost/");
        stage_end(cut[i], "");
        check_fault(DOCTOR_FAULT, "tls-dropped", "", "");
        stage_trial(DOCTOR_TRIAL_SCHEME, "ws://localhost:443/", false)->is_answered = true;
        check_fault(DOCTOR_FAULT, "tls-dropped", "", "it answers");
        stage_tls(cut[i], "", none, none);
        check_fault(DOCTOR_FAULT, "tls-dropped", "", "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expired),      cmocka_unit_test(test_not_yet_valid),
        cmocka_unit_test(test_expires_soon), cmocka_unit_test(test_name),
        cmocka_unit_test(test_trust),        cmocka_unit_test(test_insecure),
        cmocka_unit_test(test_plain_server), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_late_refusal), cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

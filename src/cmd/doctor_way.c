/* SPDX-License-Identifier: MIT */
/* Judges the way to the server: its name, its addresses, the proxy. */
#include "cmd/doctor_way.h"

#include <stdio.h>
#include <string.h>

static bool is_loopback(const doctor_report *report)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(report->host, names[i]) == 0) return true;
    return false;
}

/* " (192.0.2.1, 2001:db8::1)": the addresses, without their ports; "" when there are none, or the
 * host is one itself. */
static void list_addresses(const doctor_report *report, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    if (report->url.host_kind != HWS_HOST_NAME) return;
    for (size_t i = 0; i < report->address_count; i++) {
        const char *address = report->address[i].text;
        const int address_size = (int)strcspn(address, " ");
        const int wrote = snprintf(text + used, size - used, "%s%.*s", used > 0 ? ", " : " (",
                                   address_size, address);
        if (wrote < 0 || (size_t)wrote >= size - used) return;
        used += (size_t)wrote;
    }
    if (used > 0) snprintf(text + used, size - used, ")");
}

/* How many addresses of a family there are, and how many of them can be connected to. */
typedef struct family {
    size_t count;
    size_t open_count;
    size_t unreachable_count; /* from here, which says nothing of the server */
} family;

static family family_of(const doctor_report *report, bool is_ipv6)
{
    family found = {0};
    for (size_t i = 0; i < report->address_count; i++) {
        const doctor_address *address = &report->address[i];
        if (address->is_ipv6 != is_ipv6 || !address->is_done) continue;
        found.count++;
        found.open_count += address->status == HWS_OK;
        found.unreachable_count += address->status == HWS_ERR_CONNECT_UNREACHABLE;
    }
    return found;
}

static void judge_name(const doctor_report *report, doctor_faults *faults)
{
    if (report->talk.status == HWS_ERR_NAME_TEMPORARY) {
        doctor_fault_add(faults, DOCTOR_FAULT, "name-lookup-failed",
                         "The name %s could not be looked up: no name server answered.",
                         report->host);
        doctor_fault_remedy(faults, "See whether this machine is online, and whether other names "
                                    "are found: getent hosts example.com");
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "name-not-found",
                     "The name %s cannot be found: no name server knows it.", report->host);
    if (strchr(report->host, '.')) {
        doctor_fault_remedy(faults,
                            "Check how it is spelled, and whether it has an A or AAAA "
                            "record: getent hosts %s",
                            report->host);
    } else {
        doctor_fault_remedy(faults,
                            "Check how it is spelled. Names without a dot are known in one place "
                            "only: that of a container inside its network, that of a machine "
                            "inside its office.");
    }
}

static void judge_refused(const doctor_report *report, doctor_faults *faults)
{
    char addresses[DOCTOR_LINE_SIZE];
    list_addresses(report, addresses, sizeof addresses);
    if (report->question.unix_path) {
        doctor_fault_add(faults, DOCTOR_FAULT, "connection-refused",
                         "Nothing listens on the Unix socket %s.", report->question.unix_path);
        doctor_fault_remedy(faults, "Start the server; the file may be left over from an earlier "
                                    "one.");
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "connection-refused",
                     "Nothing listens on port %u of %s%s: the connection was refused.",
                     report->url.port, report->host, addresses);
    doctor_fault_remedy(faults, "Start the server, or correct the port in the URL. On the server's "
                                "machine, ss -ltn lists what listens.");
    if (is_loopback(report)) {
        doctor_fault_remedy(faults, "Inside a container, localhost is the container itself.");
    } else {
        doctor_fault_remedy(faults, "A server that listens on 127.0.0.1 is not reached from other "
                                    "machines: let it listen on 0.0.0.0 or [::].");
    }
}

static void judge_timeout(const doctor_report *report, doctor_faults *faults)
{
    char addresses[DOCTOR_LINE_SIZE];
    list_addresses(report, addresses, sizeof addresses);
    doctor_fault_add(
        faults, DOCTOR_FAULT, "connect-timeout",
        "%s%s does not answer on port %u: no answer at all within %.3g s, not even a refusal.",
        report->host, addresses, report->url.port, (double)report->timeout_ms / 1000);
    doctor_fault_remedy(faults,
                        "A firewall (or a cloud's security group) drops the packets, or the "
                        "machine is off: allow TCP to port %u there.",
                        report->url.port);
}

static void judge_unreachable(const doctor_report *report, doctor_faults *faults)
{
    char addresses[DOCTOR_LINE_SIZE];
    list_addresses(report, addresses, sizeof addresses);
    const bool has_ipv6 = family_of(report, true).count > 0;
    const bool has_ipv4 = family_of(report, false).count > 0;
    if (has_ipv6 && !has_ipv4 && report->url.host_kind == HWS_HOST_NAME) {
        doctor_fault_add(faults, DOCTOR_FAULT, "ipv6-only",
                         "%s has IPv6 addresses only%s, and this machine has no way to IPv6.",
                         report->host, addresses);
        doctor_fault_remedy(faults, "Give the name an IPv4 address (an A record), or this machine "
                                    "IPv6; ip -6 route shows whether it has it.");
        return;
    }
    doctor_fault_add(faults, DOCTOR_FAULT, "host-unreachable",
                     "There is no way from this machine to %s%s.", report->host, addresses);
    doctor_fault_remedy(faults, "See whether this machine is online, and whether it needs a VPN: "
                                "ip route get ADDRESS tells which way it takes.");
}

static const char *short_reason(hws_status status)
{
    return status == HWS_ERR_CONNECT_REFUSED       ? "refused"
           : status == HWS_ERR_CONNECT_TIMEOUT     ? "no answer"
           : status == HWS_ERR_CONNECT_UNREACHABLE ? "unreachable"
                                                   : hws_status_text(status);
}

static void list_failures(const doctor_report *report, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < report->address_count; i++) {
        const doctor_address *address = &report->address[i];
        if (!address->is_done || address->status == HWS_OK) continue;
        const int wrote = snprintf(text + used, size - used, "%s%s: %s", used > 0 ? ", " : "",
                                   address->text, short_reason(address->status));
        if (wrote < 0 || (size_t)wrote >= size - used) return;
        used += (size_t)wrote;
    }
}

/* Some addresses can be connected to; those that cannot cost others time, or everything. */
static void judge_addresses(const doctor_report *report, doctor_faults *faults)
{
    const family four = family_of(report, false);
    const family six = family_of(report, true);
    if (four.open_count + six.open_count == 0) return;
    if (four.open_count == four.count && six.open_count == six.count) return;
    char failures[DOCTOR_LINE_SIZE];
    list_failures(report, failures, sizeof failures);
    if (six.count > 0 && six.unreachable_count == six.count) {
        doctor_fault_add(faults, DOCTOR_NOTE, "ipv6-untried",
                         "This machine has no way to IPv6: whether %s is reached over it was not "
                         "found out.",
                         report->host);
    } else if (six.count > 0 && six.open_count == 0) {
        doctor_fault_add(faults, DOCTOR_WARNING, "ipv6-dead",
                         "%s is reached over IPv4, but not over IPv6 (%s).", report->host,
                         failures);
        doctor_fault_remedy(faults, "Let the server listen on IPv6, too ([::]), or take the AAAA "
                                    "record away: who tries it first waits for nothing.");
    } else if (four.count > 0 && four.open_count == 0) {
        doctor_fault_add(faults, DOCTOR_WARNING, "ipv4-dead",
                         "%s is reached over IPv6, but not over IPv4 (%s).", report->host,
                         failures);
        doctor_fault_remedy(faults, "Let the server listen on IPv4, too (0.0.0.0): many networks "
                                    "have nothing else.");
    } else {
        doctor_fault_add(faults, DOCTOR_WARNING, "address-dead",
                         "Some addresses of %s cannot be connected to (%s).", report->host,
                         failures);
        doctor_fault_remedy(faults, "Take them out of the name's records, or start what should "
                                    "listen there.");
    }
}

/* What the way to a proxy failed of. */
static void judge_proxy_way(const doctor_report *report, doctor_faults *faults)
{
    const doctor_step *connect = doctor_report_step(report, HWS_STEP_CONNECT);
    const doctor_step *resolve = doctor_report_step(report, HWS_STEP_RESOLVE);
    doctor_fault_add(faults, DOCTOR_FAULT, "proxy-unreachable",
                     "The proxy cannot be reached (%s): %s.",
                     connect   ? connect->text
                     : resolve ? resolve->text
                               : "its address is not known",
                     hws_status_text(report->talk.status));
}

static void judge_proxy_answer(const doctor_report *report, doctor_faults *faults)
{
    const doctor_step *step = doctor_report_step(report, HWS_STEP_PROXY);
    const char *said = step && step->text[0] != '\0' ? step->text : report->talk.cause;
    switch ((int)report->talk.status) {
    case HWS_ERR_PROXY_AUTHENTICATION:
        doctor_fault_add(faults, DOCTOR_FAULT, "proxy-credentials",
                         "The proxy wants to know who asks: %s.", said);
        doctor_fault_remedy(faults, "Give it a user and a password: --proxy "
                                    "http://USER:PASSWORD@HOST:PORT, or the same in https_proxy.");
        break;
    case HWS_ERR_PROXY_PROTOCOL:
        doctor_fault_add(faults, DOCTOR_FAULT, "proxy-protocol",
                         "What was named as the proxy does not speak as one: %s.", said);
        doctor_fault_remedy(faults, "Check its scheme and port: http://HOST:3128, "
                                    "https://HOST:443 and socks5://HOST:1080 are different.");
        break;
    default:
        doctor_fault_add(faults, DOCTOR_FAULT, "proxy-refused",
                         "The proxy did not open the way to %s port %u: %s.", report->host,
                         report->url.port, said);
        doctor_fault_remedy(faults, "Let the proxy allow CONNECT to that host and port; many allow "
                                    "443 only.");
    }
}

static void tell_of_proxy(const doctor_report *report, doctor_faults *faults)
{
    if (report->question.proxy) {
        doctor_fault_remedy(faults, "Check --proxy.");
    } else {
        doctor_fault_remedy(faults, "The proxy comes from the environment: http_proxy, "
                                    "https_proxy or all_proxy. --proxy none goes without.");
    }
    const doctor_trial *direct = doctor_report_trial(report, DOCTOR_TRIAL_NO_PROXY);
    if (direct && direct->is_answered) {
        doctor_fault_remedy(faults, "Without the proxy the server answers: add %s to no_proxy.",
                            report->host);
    }
}

/* It took the connection, and then nothing came. */
static bool is_proxy_late(const doctor_report *report)
{
    const doctor_step *step = doctor_report_step(report, HWS_STEP_PROXY);
    return step && step->status == HWS_ERR_CONNECT_TIMEOUT;
}

static void judge_proxy_late(const doctor_report *report, doctor_faults *faults)
{
    doctor_fault_add(faults, DOCTOR_FAULT, "proxy-timeout",
                     "The proxy takes the connection, but does not open the way to %s port %u "
                     "within %.3g s.",
                     report->host, report->url.port, (double)report->timeout_ms / 1000);
    doctor_fault_remedy(faults, "What listens there may be no proxy, or the way behind it is "
                                "blocked.");
}

static bool is_proxy_status(hws_status status)
{
    return status == HWS_ERR_PROXY || status == HWS_ERR_PROXY_AUTHENTICATION ||
           status == HWS_ERR_PROXY_PROTOCOL;
}

static bool is_way_status(hws_status status)
{
    return status == HWS_ERR_NAME || status == HWS_ERR_NAME_TEMPORARY ||
           status == HWS_ERR_CONNECT_REFUSED || status == HWS_ERR_CONNECT_TIMEOUT ||
           status == HWS_ERR_CONNECT_UNREACHABLE;
}

static void judge_way(const doctor_report *report, doctor_faults *faults)
{
    const hws_status status = report->talk.status;
    if (status == HWS_ERR_NAME || status == HWS_ERR_NAME_TEMPORARY) judge_name(report, faults);
    if (status == HWS_ERR_CONNECT_REFUSED) judge_refused(report, faults);
    if (status == HWS_ERR_CONNECT_TIMEOUT) judge_timeout(report, faults);
    if (status == HWS_ERR_CONNECT_UNREACHABLE) judge_unreachable(report, faults);
}

/* What the way failed of, when it did. */
static void judge_failure(const doctor_report *report, doctor_faults *faults)
{
    const hws_status status = report->talk.status;
    if (is_proxy_status(status)) {
        judge_proxy_answer(report, faults);
        tell_of_proxy(report, faults);
    } else if (is_proxy_late(report)) {
        judge_proxy_late(report, faults);
        tell_of_proxy(report, faults);
    } else if (!is_way_status(status) || report->tls.is_seen) {
        return; /* TLS can come too late as well, but the way was open then */
    } else if (doctor_report_has_proxy(report)) {
        judge_proxy_way(report, faults);
        tell_of_proxy(report, faults);
    } else {
        judge_way(report, faults);
    }
}

void doctor_way_judge(const doctor_report *report, doctor_faults *faults)
{
    const bool has_proxy = doctor_report_has_proxy(report);
    judge_failure(report, faults);
    if (!has_proxy) judge_addresses(report, faults);
    if (has_proxy && !report->question.proxy && doctor_fault_count(faults, DOCTOR_FAULT) == 0)
        doctor_fault_add(faults, DOCTOR_NOTE, "proxy-environment",
                         "A proxy was used because the environment names it (http_proxy, "
                         "https_proxy or all_proxy); --proxy none goes without.");
}

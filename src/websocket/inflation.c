/* SPDX-License-Identifier: MIT */
#include "websocket/inflation.h"

typedef struct hws_inflation_debtor debtor;

static uint64_t debt_at(const debtor *it, uint64_t now_ms)
{
    const uint64_t waited_ms = now_ms > it->at_ms ? now_ms - it->at_ms : 0;
    const uint64_t paid =
        waited_ms < HWS_INFLATION_DEBT_MAX_MS ? waited_ms * HWS_INFLATION_TIMES : UINT64_MAX;
    return it->debt_ms > paid ? it->debt_ms - paid : 0;
}

static debtor *find(hws_inflation_debts *debts, hws_websocket ws)
{
    for (size_t i = 0; i < HWS_INFLATION_DEBTOR_MAX; i++)
        if (hws_websocket_equal(debts->of[i].ws, ws)) return &debts->of[i];
    return NULL;
}

/* In the place of who owes least. */
static debtor *enter(hws_inflation_debts *debts, hws_websocket ws, uint64_t now_ms)
{
    debtor *least = &debts->of[0];
    for (size_t i = 1; i < HWS_INFLATION_DEBTOR_MAX; i++)
        if (debt_at(&debts->of[i], now_ms) < debt_at(least, now_ms)) least = &debts->of[i];
    *least = (debtor){.ws = ws};
    return least;
}

bool hws_inflation_lend(hws_inflation_debts *debts, hws_websocket ws, uint64_t now_ms,
                        uint64_t rest_ms)
{
    debtor *it = find(debts, ws);
    if (!it) it = enter(debts, ws, now_ms);
    const uint64_t owed_ms = debt_at(it, now_ms);
    it->debt_ms = owed_ms + rest_ms;
    it->at_ms = now_ms + rest_ms;
    return owed_ms <= HWS_INFLATION_DEBT_MAX_MS;
}

/* That we came late is no merit of the peer's. */
void hws_inflation_resume(hws_inflation_debts *debts, hws_websocket ws, uint64_t now_ms)
{
    debtor *it = find(debts, ws);
    if (it && now_ms > it->at_ms) it->at_ms = now_ms;
}

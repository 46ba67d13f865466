/* SPDX-License-Identifier: MIT */
#include "base/blob.h"

#include <assert.h>

#include "base/memory.h"

hws_blob *hws_blob_new(const hws_memory *memory, size_t size)
{
    if (size > SIZE_MAX - sizeof(hws_blob)) return NULL;
    hws_blob *blob = hws_memory_new(memory, sizeof *blob + size);
    if (!blob) return NULL;
    *blob = (hws_blob){.memory = memory, .reference_count = 1, .size = size};
    return blob;
}

hws_blob *hws_blob_ref(hws_blob *blob)
{
    assert(blob->reference_count > 0);
    blob->reference_count++;
    return blob;
}

hws_blob *hws_blob_shrink(hws_blob *blob, size_t size)
{
    assert(blob->reference_count == 1 && size <= blob->size);
    hws_blob *moved =
        hws_memory_resize(blob->memory, blob, sizeof *blob + blob->size, sizeof *blob + size);
    if (moved)
        moved->size = size;
    else
        hws_blob_unref(blob);
    return moved;
}

hws_blob *hws_blob_form(const hws_blob *blob, uint8_t form)
{
    hws_blob *it = blob->next_form;
    while (it && it->form != form) it = it->next_form;
    return it;
}

void hws_blob_add_form(hws_blob *blob, uint8_t form, hws_blob *made)
{
    assert(blob->form == 0 && form > 0 && !made->next_form);
    made->form = form;
    made->next_form = blob->next_form;
    blob->next_form = made;
}

static void release(hws_blob *blob)
{
    if (--blob->reference_count == 0)
        hws_memory_free(blob->memory, blob, sizeof *blob + blob->size);
}

/* A form that still waits somewhere outlives what it was made of, without the others. */
static void release_forms(hws_blob *blob)
{
    for (hws_blob *form = blob->next_form, *next; form; form = next) {
        next = form->next_form;
        form->next_form = NULL;
        release(form);
    }
}

void hws_blob_unref(hws_blob *blob)
{
    if (!blob) return;
    assert(blob->reference_count > 0);
    if (blob->reference_count == 1 && blob->form == 0) release_forms(blob);
    release(blob);
}

/*
 * sketch_pack.c
 *	  The binary form of a finished sketch, and reading it from anywhere.
 *
 * The form is the header and the entries, number by number in network order.
 * It is the same on every machine, and as the bytes of a finished sketch are
 * a function of its rows, so are these.
 */
#include "sketch.h"

#include "pack.h"

/* Three numbers of a byte, five of 4, two of 8. */
#define HEADER_BYTES (3 + 5 * 4 + 2 * 8)

Size
sketch_packed_bytes(const Sketch *s)
{
	return HEADER_BYTES + (Size) s->dim * 4 + (Size) s->count * sketch_entry_words(s) * 8;
}

/* Write a finished sketch to sketch_packed_bytes() bytes. */
void
sketch_pack(const Sketch *s, uint8 *bytes)
{
	int			words = sketch_entry_words(s);

	Assert(!s->open);
	pack_uint(&bytes, s->format, 1);
	pack_uint(&bytes, s->family, 1);
	pack_uint(&bytes, s->exact, 1);
	pack_uint(&bytes, (uint32) s->dim, 4);
	pack_uint(&bytes, (uint32) s->size, 4);
	pack_uint(&bytes, (uint32) s->level, 4);
	pack_uint(&bytes, (uint32) s->count, 4);
	pack_uint(&bytes, (uint32) s->tag, 4);
	pack_uint(&bytes, (uint64) s->rows, 8);
	pack_uint(&bytes, (uint64) s->skipped, 8);
	for (int j = 0; j < s->dim; j++)
		pack_uint(&bytes, (uint32) sketch_frame(s)[j], 4);
	for (int i = 0; i < s->count; i++)
		for (int w = 0; w < words; w++)
			pack_uint(&bytes, sketch_entry(s, i)[w], 8);
}

/*
 * Read what sketch_pack wrote, or what anybody else did.  Returns NULL and
 * the sketch, or what is wrong with the bytes.  No memory is taken for more
 * entries than there are bytes for.
 */
const char *
sketch_unpack(const uint8 *bytes, Size length, Sketch **sketch)
{
	Sketch		head = {0};
	Sketch	   *s;

	if (length < HEADER_BYTES)
		return "wrong length";
	head.format = unpack_uint(&bytes, 1);
	head.family = unpack_uint(&bytes, 1);
	head.exact = unpack_uint(&bytes, 1);
	head.dim = unpack_int32(&bytes);
	head.size = unpack_int32(&bytes);
	head.level = unpack_int32(&bytes);
	head.count = unpack_int32(&bytes);
	head.tag = unpack_int32(&bytes);
	head.rows = unpack_int64(&bytes);
	head.skipped = unpack_int64(&bytes);
	if (head.format != SKETCH_FORMAT)
		return "unknown format";
	if (head.exact > 1 || head.dim < 1 || head.dim > MAX_FEATURES || head.count < 0 ||
		!sketch_size_is_possible(head.dim, head.size) || head.count > head.size)
		return "impossible sizes";
	if (length != sketch_packed_bytes(&head))
		return "wrong length";

	s = core_alloc0(1, sketch_closed_bytes(head.dim, head.count, head.exact));
	memcpy(s, &head, sizeof(Sketch));
	for (int j = 0; j < s->dim; j++)
		sketch_frame(s)[j] = unpack_int32(&bytes);
	for (int i = 0; i < s->count; i++)
		for (int w = 0; w < sketch_entry_words(s); w++)
			sketch_entry(s, i)[w] = unpack_uint(&bytes, 8);
	if (!sketch_is_valid(s))
	{
		pfree(s);
		return "its numbers contradict each other";
	}
	*sketch = s;
	return NULL;
}

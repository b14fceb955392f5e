/*
 * Small TCB infos and QE identities as text, and one edit at a time: each case
 * of a parser test differs from a good document in exactly one place.
 */
#ifndef AVOW_TESTS_TRUST_DOCS_H
#define AVOW_TESTS_TRUST_DOCS_H

#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/why.h"

#define SIG32 "0123456789abcdef0123456789abcdef"
#define SIG SIG32 SIG32 SIG32 SIG32
#define HEX96                                                                          \
	"aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"             \
	"aabbccddeeff00112233445566778899"

#define V2_COMPS(first)                                                                \
	"\"sgxtcbcomp01svn\":" first ",\"sgxtcbcomp02svn\":2,"                         \
	"\"sgxtcbcomp03svn\":3,\"sgxtcbcomp04svn\":4,\"sgxtcbcomp05svn\":5,"           \
	"\"sgxtcbcomp06svn\":255,\"sgxtcbcomp07svn\":7,"                               \
	"\"sgxtcbcomp08svn\":8,\"sgxtcbcomp09svn\":9,"                                 \
	"\"sgxtcbcomp10svn\":10,\"sgxtcbcomp11svn\":11,"                               \
	"\"sgxtcbcomp12svn\":12,\"sgxtcbcomp13svn\":13,"                               \
	"\"sgxtcbcomp14svn\":14,\"sgxtcbcomp15svn\":15,\"sgxtcbcomp16svn\":16"

#define TCB_V2                                                                         \
	"{\"tcbInfo\":{\"version\":2,\"issueDate\":\"2024-01-25T03:40:04Z\","          \
	"\"nextUpdate\":\"2024-02-24T03:40:04Z\",\"fmspc\":\"00606a000000\","          \
	"\"pceId\":\"0102\",\"tcbType\":0,\"tcbEvaluationDataNumber\":16,"             \
	"\"tcbLevels\":[{\"tcb\":{" V2_COMPS(                                          \
		"11") ",\"pcesvn\":13},"                                               \
		      "\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":"            \
		      "\"UpToDate\"},"                                                 \
		      "{\"tcb\":{" V2_COMPS("4") ",\"pcesvn\":11},"                    \
						 "\"tcbDate\":\"2020-06-10T00:00:"     \
						 "00Z\",\"tcbStatus\":\"OutOfDate\","  \
						 "\"advisoryIDs\":[\"INTEL-SA-"        \
						 "00001\",\"INTEL-SA-00002\"]}]},"     \
						 "\"signature\":\"" SIG "\"}"

#define V3_COMPS(a, b, c)                                                              \
	"[{\"svn\":" a "},{\"svn\":" b ",\"category\":\"OS/VMM\","                     \
	"\"type\":\"x\"},{\"svn\":" c "},{\"svn\":0},{\"svn\":0},"                     \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"                 \
	"{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},"                 \
	"{\"svn\":1}]"

#define V3_LEVEL(sgx, tdx, pcesvn, status)                                             \
	"{\"tcb\":{\"sgxtcbcomponents\":" sgx ",\"pcesvn\":" pcesvn                    \
	",\"tdxtcbcomponents\":" tdx "},"                                              \
	"\"tcbDate\":\"2024-03-13T00:00:00Z\",\"tcbStatus\":\"" status "\"}"

#define TCB_TDX                                                                        \
	"{\"tcbInfo\":{\"id\":\"TDX\",\"version\":3,"                                  \
	"\"issueDate\":\"2025-01-01T00:00:00Z\","                                      \
	"\"nextUpdate\":\"2025-01-31T00:00:00Z\","                                     \
	"\"fmspc\":\"90C06F000000\",\"pceId\":\"0000\",\"tcbType\":0,"                 \
	"\"tcbEvaluationDataNumber\":17,"                                              \
	"\"tdxModule\":{\"mrsigner\":\"" HEX96 "\","                                   \
	"\"attributes\":\"0000000000000000\","                                         \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},"                                    \
	"\"tdxModuleIdentities\":[{\"id\":\"TDX_03\",\"mrsigner\":\"" HEX96            \
	"\",\"attributes\":\"0000000000000000\","                                      \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":["                      \
	"{\"tcb\":{\"isvsvn\":3},\"tcbDate\":\"2024-03-13T00:00:00Z\","                \
	"\"tcbStatus\":\"OutOfDate\"},"                                                \
	"{\"tcb\":{\"isvsvn\":7},\"tcbDate\":\"2024-03-14T00:00:00Z\","                \
	"\"tcbStatus\":\"UpToDate\",\"advisoryIDs\":[\"A-1\"]}]}],"                    \
	"\"tcbLevels\":[" V3_LEVEL(V3_COMPS("2", "2", "2"), V3_COMPS("3", "0", "5"),   \
		"5", "OutOfDate") "," V3_LEVEL(V3_COMPS("7", "2", "2"),                \
		V3_COMPS("5", "0", "6"), "11", "UpToDate") "]},\"signature\":\"" SIG   \
							   "\"}"

#define QE_DOC                                                                         \
	"{\"enclaveIdentity\":{\"id\":\"QE\",\"version\":2,"                           \
	"\"issueDate\":\"2024-01-25T03:40:04Z\","                                      \
	"\"nextUpdate\":\"2024-02-24T03:40:04Z\","                                     \
	"\"tcbEvaluationDataNumber\":16,\"miscselect\":\"00000001\","                  \
	"\"miscselectMask\":\"FFFFFFF0\","                                             \
	"\"attributes\":\"11000000000000000000000000000000\","                         \
	"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","                     \
	"\"mrsigner\":\"8C4F5775D796503E96137F77C68A829A"                              \
	"0056AC8DED70140B081B094490C57BFF\",\"isvprodid\":1,"                          \
	"\"tcbLevels\":[{\"tcb\":{\"isvsvn\":8},"                                      \
	"\"tcbDate\":\"2023-08-09T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"            \
	"{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2021-11-10T00:00:00Z\","                \
	"\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"INTEL-SA-00615\"]},"           \
	"{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2018-08-15T00:00:00Z\","                \
	"\"tcbStatus\":\"Revoked\"}]},\"signature\":\"" SIG "\"}"

struct edit {
	const char *old, *new; /* the first place of `old` becomes `new` */
	const char *field; /* what the refusal must name; NULL: any */
};

/* The document with one edit, exact in size so that ASan sees an over-read. */
static inline struct avow_span
edited(struct avow_arena *a, const char *doc, const char *old, const char *new)
{
	struct avow_span d = avow_span_str(doc), o = avow_span_str(old);
	struct avow_span n = avow_span_str(new);
	size_t at = avow_span_find(d, o);
	struct avow_buf b;
	struct avow_span out;

	assert_true(at < d.n);
	avow_buf_init(&b, (size_t)1 << 20);
	avow_buf_put(&b, avow_span_slice(d, 0, at));
	avow_buf_put(&b, n);
	avow_buf_put(&b, avow_span_from(d, at + o.n));
	out = avow_arena_copy(a, avow_buf_span(&b));
	avow_buf_clear(&b);
	assert_non_null(out.p);
	return out;
}

#endif

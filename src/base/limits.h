/*
 * Every limit on outside input, with its reason. "Seen" is the largest of 755
 * real files measured between 2018 and 2026. Bytes unless the name says
 * otherwise. A limit is reported by name when it is hit.
 */
#ifndef AVOW_BASE_LIMITS_H
#define AVOW_BASE_LIMITS_H

#define AVOW_KIB(n) ((size_t)(n) * 1024u)
#define AVOW_MIB(n) ((size_t)(n) * 1024u * 1024u)

/* --- requests ------------------------------------------------------------ */
/* quote 16 KiB and 1 MiB of runtime data, both in base 64 */
#define AVOW_MAX_BODY_SGX AVOW_MIB(2)
/* report, chain, UVM endorsement and container policy, doubly encoded */
#define AVOW_MAX_BODY_CVM AVOW_MIB(4)
/* 2 MiB event log and 1 MiB policy in two base 64 layers */
#define AVOW_MAX_BODY_AZUREGUEST AVOW_MIB(8)
/* 16 MiB of IMA list in three base 64 layers; only behind a bearer token */
#define AVOW_MAX_BODY_TPM AVOW_MIB(48)
/* a policy of 256 KiB as JWT with its chain */
#define AVOW_MAX_BODY_POLICY AVOW_MIB(1)
/* a provider with 32 certificates of RSA-4096 needs 90 KiB */
#define AVOW_MAX_BODY_ARM AVOW_KIB(256)
/* everything else */
#define AVOW_MAX_BODY_SMALL AVOW_KIB(64)
#define AVOW_MAX_RUNTIME_DATA AVOW_MIB(1)
/* it is copied into a token, which is at most 128 KiB */
#define AVOW_MAX_RUNTIME_JSON AVOW_KIB(64)
#define AVOW_MAX_NONCE 1024
#define AVOW_MAX_TOKEN AVOW_KIB(128)
/* certificates in the x5c of a policy JWT, and their DER in all: the signer
 * stands twice in every token of that policy */
#define AVOW_MAX_POLICY_X5C 8
#define AVOW_MAX_POLICY_X5C_DER AVOW_KIB(16)
/* a provider's settings as JSON: a dozen members with short lists */
#define AVOW_MAX_PROVIDER_SETTINGS AVOW_KIB(16)
/* Providers held compiled, in all and by each worker beside them. One with
 * default policies takes about 20 KiB, so that is 10 MiB; what is not held is
 * compiled again in under a millisecond. */
#define AVOW_MAX_PROVIDERS_HELD 512
#define AVOW_MAX_PROVIDERS_AT_HAND 64
/* policy JWTs of all that are held; compiled they take some five times that */
#define AVOW_MAX_PROVIDERS_WEIGHT AVOW_MIB(32)
/* policy certificates of one provider: signers, and those that follow them */
#define AVOW_MAX_POLICY_CERTS 32
/* it holds a policy of AVOW_MAX_BODY_POLICY in one base 64 layer */
#define AVOW_MAX_RESULT_TOKEN AVOW_MIB(2)
/* arena of one attestation: body, its decoded forms, claims, token */
#define AVOW_MAX_REQUEST_ARENA AVOW_MIB(64)

/* --- text formats -------------------------------------------------------- */
#define AVOW_MAX_JSON_DEPTH 32		/* seen 7 in collateral */
#define AVOW_MAX_JSON_NODES 1000000u	/* event documents of 16 MiB */
#define AVOW_MAX_CBOR_DEPTH 16		/* a COSE header nests 4 deep */
#define AVOW_MAX_CBOR_NODES 4096u	/* seen 30 in a COSE_Sign1 */
#define AVOW_MAX_ANCHORS 512 /* of a file; a bundle of TPM makers has 143 */
#define AVOW_MAX_DER_DEPTH 16		/* the SGX extension nests 4 deep */
#define AVOW_MAX_PEM_BLOCKS 64		/* an anchor bundle; chains have 2..4 */

/* --- SGX and TDX --------------------------------------------------------- */
#define AVOW_MAX_QUOTE AVOW_KIB(16)		/* seen 5006 */
#define AVOW_MAX_PCK_CHAIN AVOW_KIB(8)		/* seen 3682 */
#define AVOW_MAX_QE_AUTH_DATA 1024		/* seen 32 */
#define AVOW_MAX_OE_EVIDENCE AVOW_KIB(64)	/* custom claims are caller data */
#define AVOW_MAX_TCB_INFO AVOW_KIB(128)		/* seen 11270 */
#define AVOW_MAX_QE_IDENTITY AVOW_KIB(32)	/* seen 1380 */
#define AVOW_MAX_TCB_EVALUATION 999999999 /* nine digits; seen 21 */
#define AVOW_MAX_TCB_LEVELS 128			/* seen 22 */
#define AVOW_MAX_ADVISORIES 256			/* seen 28 a level */
#define AVOW_MAX_ADVISORY_TEXT 64		/* ids have 14 characters */
#define AVOW_MAX_TDX_MODULES 64			/* seen 2; the id is one byte */

/* --- SEV-SNP and HCL -------------------------------------------------------- */
#define AVOW_MAX_SNP_EVIDENCE AVOW_MIB(1) /* JSON around report, chain, UVM */
#define AVOW_MAX_SNP_CERTS_TEXT AVOW_KIB(32) /* seen 6606; a THIM JSON 6717 */
#define AVOW_MAX_SNP_CERTS 16		  /* a chain has 3 */
#define AVOW_MAX_HCL AVOW_KIB(8)	  /* seen 2600 */
#define AVOW_MAX_UVM AVOW_KIB(64)	  /* seen 10897 */
#define AVOW_MAX_UVM_COUNT 8		  /* endorsements of one report; seen 1 */
#define AVOW_MAX_UVM_PAYLOAD AVOW_KIB(4)  /* seen 212 */
#define AVOW_MAX_UVM_CERTS 8		  /* of one x5chain; seen 3 */
#define AVOW_MAX_UVM_REFERENCES 64	  /* an operator's */
#define AVOW_MAX_ID_KEYS 64		  /* an operator's */
#define AVOW_MAX_DID 1024		  /* seen 122 */

/* --- event logs ------------------------------------------------------------- */
#define AVOW_MAX_EVENT_LOG AVOW_MIB(2) /* seen 72817; areas have 64..256 KiB */
#define AVOW_MAX_EVENTS 16384u	       /* seen 158 */
#define AVOW_MAX_EVENT_DATA AVOW_MIB(1) /* seen 23994, a dbx */
#define AVOW_MAX_IMA_LOG AVOW_MIB(16)
#define AVOW_MAX_IMA_EVENTS 262144u /* 16 MiB hold about 180000 */
#define AVOW_MAX_EVENT_BANKS 8	       /* seen 3 */
#define AVOW_MAX_SIPA_DEPTH 8	       /* seen 3 */
#define AVOW_MAX_ATTESTED_LOGS 8 /* boot and resume, SRTM and DRTM, and IMA */

/* --- TPM ---------------------------------------------------------------------- */
/* the second round's JWS: 16 MiB of IMA list in two base 64 layers */
#define AVOW_MAX_TPM_EVIDENCE AVOW_MIB(40)
#define AVOW_MAX_CUSTOM_CLAIMS 64      /* a request's; none seen */
/* arena of one TPM attestation: layers, logs, their events and documents */
#define AVOW_MAX_TPM_ARENA AVOW_MIB(512)

/* --- X.509 --------------------------------------------------------------- */
#define AVOW_MAX_CERT AVOW_KIB(32)	/* seen 5483: a certificate with a quote */
#define AVOW_MAX_CERT_EXTENSIONS 64	/* seen 11 */
#define AVOW_MAX_CRL AVOW_MIB(4)	/* seen 7219; 4 MiB hold 80000 entries */
#define AVOW_MAX_CRL_TEXT AVOW_MIB(8)	/* hex doubles */

/* --- collateral folder ---------------------------------------------------- */
#define AVOW_MAX_COLLATERAL_FILES 100000u
#define AVOW_MAX_COLLATERAL_BYTES AVOW_MIB(512)
/* one bundle: a platform needs about 25 KiB, a VCEK 2 KiB */
#define AVOW_MAX_BUNDLE AVOW_MIB(64)
#define AVOW_MAX_BUNDLE_PARTS 16384u
#define AVOW_MAX_BUNDLE_MANIFEST AVOW_MIB(4) /* 16384 parts of 200 bytes */
#define AVOW_MAX_BUNDLE_NAME 112

/* --- policy --------------------------------------------------------------- */
#define AVOW_MAX_POLICY_TEXT AVOW_KIB(256)	/* seen 5013 */
#define AVOW_MAX_POLICY_RULES 4096
#define AVOW_MAX_POLICY_DEPTH 64
#define AVOW_MAX_POLICY_DERIVED AVOW_MIB(1)	/* strings made by functions */
#define AVOW_MAX_POLICY_CLAIMS 16384
#define AVOW_MAX_POLICY_STEPS 10000000u		/* conditions x claims tried */
#define AVOW_MAX_JMESPATH_TEXT AVOW_KIB(64)
#define AVOW_MAX_JMESPATH_STEPS 10000000u	/* nodes visited */
#define AVOW_MAX_JMESPATH_OUTPUT AVOW_MIB(16)	/* an event document at most */

/* --- tools ----------------------------------------------------------------- */
#define AVOW_MAX_INPUT_FILE AVOW_MIB(64)
#define AVOW_MAX_CONFIG AVOW_KIB(256)
#define AVOW_MAX_KEYS 32	/* signing keys of all states; 2 or 3 in use */
#define AVOW_MAX_KEYS_FILE AVOW_KIB(256) /* 32 RSA-4096 keys need 110 KiB */
/* --- auth ------------------------------------------------------------------ */
#define AVOW_MAX_ACCESS_FILE AVOW_KIB(256)
#define AVOW_MAX_ISSUERS 16
#define AVOW_MAX_ACCESS_ENTRIES 256		/* of one list of the access file */
#define AVOW_MAX_BEARER AVOW_KIB(12)		/* the head has no room for more */
#define AVOW_MAX_DISCOVERY AVOW_KIB(64)		/* Entra's has 2 KiB */
#define AVOW_MAX_ISSUER_JWKS AVOW_KIB(256)		/* Entra's has 12 KiB, with x5c */
#define AVOW_MAX_ISSUER_KEYS 64			/* seen 8 */
/* --- http ------------------------------------------------------------------ */
/* a connection's whole pool: head, its index, and the answer's head */
#define AVOW_MAX_HTTP_HEADERS AVOW_KIB(16)
#define AVOW_MAX_HEAD_PROBE AVOW_KIB(4) /* probes and scrapers bring no token */
/* clients of the contract send about 15; a proxy chain adds some */
#define AVOW_MAX_HTTP_HEADER_COUNT 100
#define AVOW_MAX_HTTP_QUERY 32			/* the contract has 1 or 2 */
/* Why a policy refused: up to 8 rules, each with texts of bounded length. */
#define AVOW_MAX_HTTP_DETAIL AVOW_KIB(32)
#define AVOW_MAX_HTTP_TARGET AVOW_KIB(8)	/* RFC 9112, 3: at least 8000 */

#define AVOW_MIN_WEBHOOK_SECRET 16 /* bytes; less can be guessed from one post */

#endif

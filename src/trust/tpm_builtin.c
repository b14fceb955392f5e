/*
 * The public keys of the roots under which Microsoft certifies attestation keys:
 * Azure's virtual TPMs, and the AIKs of Windows machines. Keys alone, because a
 * root certificate is a wrapper around its key. The intermediates between them and
 * an AIK are the operator's to give; they carry no trust.
 */
#include "trust/tpm_builtin.h"

/* In this order: Azure Virtual TPM Root Certificate Authority 2023;
 * Microsoft TPM Root Certificate Authority 2014;
 * Microsoft RSA Devices Root CA 2021 */
const char avow_tpm_roots_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAugwzC91Env5tbTRp0oTV\n"
	"V6Y2olL7brxSt7xBx9ldU6xU7bb48v1ZGg+dajSvl1WiiZgZuhuHgcLvaz2wZjoE\n"
	"ZF75SLYszC5aeKsG06NonfivVmJ40xxU0lP91dbkc38cuWb+BIqVbOoITHqAUUBB\n"
	"O/JiX/mNgjg57TnMnuiOCMr/pkdekXKxefJQhMn2qCOfnjogmH8bk4wLeYN8VTsD\n"
	"8YCL4tho4dLNePr0uTW8J+02r0NxAe0Hui07RXEWREtpQtx+78BgczsUL9Krpwlv\n"
	"0C7wr8hSHD/mUlJdlrAsnAelwRjMRObZuVp3RUewAJos25xkvnAGLwYS6xD1ajxb\n"
	"WnWtQIynz2m5/FrcCv2xhm9Z4mW8qCBZxBVSWG+8hkSdP5+14S/BN2hqOXmpK9ls\n"
	"M8YI+Nv3WtLOeiIurxeqBAEEWOcSJMv5WJpmbJk9hSwG8FjeUpcHWXaGCBqF8Ehq\n"
	"DiPTByCqUvzZIvukB0aOrQWi7pIqAeeSStXkI3FQEFUw0LBSiPma8SN3mYXtc+B8\n"
	"z3yo0AFvYCq1+X5W4KRT8bVe8WhOpL0CTBstMYUxL36MIRTavDrCcq4a/VPH2K5J\n"
	"02+xe3yy3Hh+RV4m+cWkl4AjAFlWApFJNrfDfT32TSZbyoaIyfAIjlJ91nZInIPi\n"
	"4SazOyeJ4TrABZ3W0suDWO8CAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n"
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAn6f5ucq38kchEL+gj/GC\n"
	"SCxh0/M/SCm924MDYZtG22H4vhZTKhkoYHDu7PluOM/wCqXhgTHKNHcRlDguqdkK\n"
	"EymgKh9t4NHgyMITVMbBaCEalLSYzca1YP1eIwTisTYrRVbel03QIvORhu9luzbB\n"
	"BMV8TrbI1CIOPIcVYBngFAfh5ZrzCsMxTEgCd5QKlTrMLAz6XpCHiiFfTrcEfNeV\n"
	"NJNzV8OyI9oq4wyNaMr2+nlQcU9r50wBavo6WNBk8UiDdpnhxR/NL3L6fvsezU1c\n"
	"8GfoTgNvrv3PgNOEhfKgp5lO/VppY5aX97GwMsa3aZMxPLKRVXy4PV5GNiuIWmah\n"
	"EPAkoAQw59pRFqvOnuGRr1M4SUbIPaA5XgWxyvYzEBgLLAuY4vMDhUNJgu4oCE9K\n"
	"nvJrARPfQC9jUdF8zAHF61KpY/b7JlE1gmUemivlBO5EODNH5l6P5pbHqtY1jHje\n"
	"Qu2GjN5UndAKwPmIQj85mWZaflZh/s7wsH/UDuxyti/jgUPxyTdn6HFemSSUCyMk\n"
	"ywdlr2YGqH5VHUCJxfi5kbybXrHrllTa5SkFreufwJM2bDXtkc6K5JYm1L34+tlU\n"
	"DyWOB/hCADWDo084SIsbZ+fwab6vkCT722q/vYoN3YU8EntfHiy1iP9aM0+0RSFb\n"
	"itwsreS0t9zLp5rtGhzDnLkCAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n"
	"-----BEGIN PUBLIC KEY-----\n"
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAsXiSCvdsCm2itaaSszq7\n"
	"juiyYt+DrsrFk8ThbvhnDkG7ri2MS7N6BwHqUWSheLZXh4t0hGyGTeXXiO6XqCEI\n"
	"wv/qCHiFiJMTGTLdcxjTnCDR3Wj4B2G7K8Jqde9Bmtq2iycv4qFHaoV5qC2FyIis\n"
	"KJsggpf3Uu+pGX8SDy6jzZ+XfSCJ4HjRK6c979J8wktvsBhtD3nIcrwbWVMVQeQh\n"
	"89sBjpJ+Q4FSk0npQC2OUCYhodil1x05rJ+pfKFbf4d/Q67bCIpgmKEKqHdNojaG\n"
	"qaK/ingJJy6D2wNxPJp8Do5gvJN7e/HsqucE5S+RKROPzQatdIoJaevD5sTvPR16\n"
	"m0+4tLr6fzciYuwFnddiFfiJQ+ZNFJT2+vurRxkDw/zMDMtp4364rXiX3a7/tMyG\n"
	"Snl62YsT0Mx30y2ewtlLLXxSlbhmUFfG31nD9EUpK2U1srkguwjYd1KOCQXQPFm0\n"
	"2cKIRB6Ey7kMF8J1ejU/3SImF8XUwP7YqHnF64NAQLsOHeBRJciQ6b/va7V8Tnav\n"
	"S5j5ofVMJAZsKuKMj0l/vyUVsjsvouXdgBrz0ysOza0BAbRJol1puHiTmiupok6B\n"
	"qquurrVHNwyOVkYjd050v5/quiYo5xwWSbST6DCO9n3FonmL1IHour8asDxjHOOY\n"
	"ocdU+YYZ2b+/3dHSg0Z/K/ECAwEAAQ==\n"
	"-----END PUBLIC KEY-----\n";

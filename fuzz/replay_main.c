/*
 * Runs one fuzz harness over every file of its corpus and reports one TAP
 * case a file, so that the corpus is a regression suite without libFuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
replay_file(const char *dir, const char *name)
{
	char path[4096];
	uint8_t *data = NULL;
	long n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		return -1;
	rewind(f);
	/* exact size, so that a sanitizer sees a read past the end */
	data = malloc(n ? (size_t)n : 1);
	if (!data || fread(data, 1, (size_t)n, f) != (size_t)n)
		return -1;
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
	return 0;
}

static int
not_hidden(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	struct dirent **names = NULL;
	int n, failed = 0;

	if (argc != 3)
		return 64;
	n = scandir(argv[2], &names, not_hidden, alphasort);
	if (n <= 0) {
		printf("1..1\nnot ok 1 - %s has an empty corpus\n", argv[1]);
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		int bad = replay_file(argv[2], names[i]->d_name);

		printf("%sok %d - %s/%s\n", bad ? "not " : "", i + 1, argv[1],
			names[i]->d_name);
		failed += bad != 0;
		free(names[i]);
	}
	free(names);
	return failed != 0;
}

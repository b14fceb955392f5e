# The front door; Meson does the building. `make check` is what CI runs.
BUILD ?= build
JOBS ?= 3
SECONDS ?= 60
PREFIX ?= /usr/local

.PHONY: setup demo run check build bench fuzz soak asan tidy coverage docs install clean

build: setup
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix=$(PREFIX)
	@ninja -C $(BUILD) -j$(JOBS)

setup:
	@tools/setup

demo: build
	@tools/demo $(BUILD)

run: build
	@$(BUILD)/src/daemon/avowd --data $(or $(DATA),./avow-data) --listen 127.0.0.1:8080

check: setup
	@tools/check

bench: build
	@tools/bench $(BUILD)

# make fuzz FUZZ=json SECONDS=600
fuzz: setup
	@tools/fuzz $(FUZZ) $(SECONDS)

soak: build
	@tools/soak $(BUILD)

asan: setup
	@test -f build-asan/build.ninja || CC=clang meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1
	@ninja -C build-asan -j$(JOBS)
	@UBSAN_OPTIONS=halt_on_error=1 tools/run-tests --suite unit --suite corpus build-asan

tidy:
	@clang-tidy -p $(BUILD) $(shell git ls-files 'src/*.c')

coverage: setup
	@tools/coverage

docs:
	@tools/make-docs

install: build
	@meson install -C $(BUILD)

clean:
	@rm -rf build build-check build-asan build-fuzz build-cov *.log

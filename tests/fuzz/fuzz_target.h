// A fuzz target: one parser and an input. The same file links with libFuzzer (clang) or with
// replay_main.cpp (any compiler), which runs seeds, small damage to seeds, and files.
//
// A target file defines the two functions below; fuzz_image() is what most of them call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "storage/format.h"
#include "tests/support/memory_host.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace fuzz {

// Valid inputs, smallest first: where the damage starts.
std::vector<std::vector<std::uint8_t>> seeds();

// An input of several files: for each a little-endian 32-bit length, then its bytes; the last one
// takes what is left. Always `count` files.
std::vector<std::span<const std::uint8_t>> split(std::span<const std::uint8_t> input,
                                                 std::size_t count);
std::vector<std::uint8_t> join(const std::vector<std::vector<std::uint8_t>>& files);

// Opens `file` on that host in every way, reads at both ends and along its extents, checks, repairs
// and writes. Only ImageError and IoStatus may come out of it. What could be read before a write
// elsewhere must read the same after it.
void fuzz_image(support::MemoryHost& host, const std::string& file,
                const storage::FormatDriver& format, const storage::Options& options = {});

// One image made by `format`, as its bytes; for seeds().
std::vector<std::uint8_t> small_image(const storage::FormatDriver& format, std::uint64_t sectors,
                                      const storage::Options& create, const std::string& file);

}  // namespace fuzz

#include "storage/table_cache.h"

#include <random>

#include "storage/endian.h"
#include "tests/catch.hpp"
#include "tests/support/memory_host.h"

using storage::IoStatus;
using storage::Le32;
using storage::TableCache;

namespace {

struct Fixture {
  std::shared_ptr<support::MemoryHost> host = support::MemoryHost::make();
  std::unique_ptr<storage::File> file = host->root()->create("table");
};

}  // namespace

TEST_CASE("table cache: words read back as written, and reach the file at once", "[storage]") {
  Fixture f;
  REQUIRE(f.file->resize(64 * TableCache::kPageBytes) == IoStatus::ok);
  TableCache cache(*f.file, 4);
  std::mt19937 random(1);
  for (int step = 0; step < 5000; ++step) {
    const std::uint64_t offset = random() % (64 * TableCache::kPageBytes - 4);
    const bool aligned = random() % 4 != 0;
    const std::uint64_t at = aligned ? offset / 4 * 4 : offset;
    if (random() % 2 == 0) {
      const auto value = static_cast<std::uint32_t>(random());
      REQUIRE(cache.store<Le32>(at, value) == IoStatus::ok);
    }
    std::uint32_t cached = 0;
    Le32 direct;
    REQUIRE(cache.load<Le32>(at, cached) == IoStatus::ok);
    REQUIRE(f.file->read_at(at, {reinterpret_cast<std::uint8_t*>(&direct), 4}) == IoStatus::ok);
    REQUIRE(cached == direct);
  }
  REQUIRE(cache.bytes_held() == 4 * TableCache::kPageBytes);
}

TEST_CASE("table cache: what is at hand costs no call, and memory is bounded", "[storage]") {
  Fixture f;
  REQUIRE(f.file->resize(std::uint64_t{1} << 40) == IoStatus::ok);
  TableCache cache(*f.file, 8);
  std::uint32_t value = 1;
  for (std::uint64_t page = 0; page < 1000; ++page) {
    REQUIRE(cache.load<Le32>(page << 20, value) == IoStatus::ok);
    REQUIRE(value == 0);
  }
  REQUIRE(cache.bytes_held() == 8 * TableCache::kPageBytes);
  const std::uint64_t reads = f.host->reads();
  for (std::uint64_t page = 992; page < 1000; ++page) {
    REQUIRE(cache.load<Le32>((page << 20) + 400, value) == IoStatus::ok);
  }
  REQUIRE(f.host->reads() == reads);
}

TEST_CASE("table cache: a failed write is not in the cache", "[storage]") {
  Fixture f;
  REQUIRE(f.file->resize(TableCache::kPageBytes) == IoStatus::ok);
  TableCache cache(*f.file, 4);
  REQUIRE(cache.store<Le32>(8, 1U) == IoStatus::ok);
  std::uint32_t value = 0;
  REQUIRE(cache.load<Le32>(8, value) == IoStatus::ok);
  f.host->fail(1, IoStatus::no_space, support::MemoryHost::Counted::changes);
  REQUIRE(cache.store<Le32>(8, 2U) == IoStatus::no_space);
  REQUIRE(cache.load<Le32>(8, value) == IoStatus::ok);
  REQUIRE(value == 1);
}

TEST_CASE("table cache: a file that grows is followed, its end is an error", "[storage]") {
  Fixture f;
  REQUIRE(f.file->resize(100) == IoStatus::ok);
  TableCache cache(*f.file, 4);
  std::uint32_t value = 0;
  REQUIRE(cache.load<Le32>(96, value) == IoStatus::ok);
  REQUIRE(cache.load<Le32>(98, value) == IoStatus::host_error);
  REQUIRE(cache.load<Le32>(100, value) == IoStatus::host_error);
  REQUIRE(f.file->resize(5000) == IoStatus::ok);
  REQUIRE(cache.load<Le32>(98, value) == IoStatus::ok);
  REQUIRE(cache.load<Le32>(4094, value) == IoStatus::ok);
  REQUIRE(cache.store<Le32>(5000, 7U) == IoStatus::ok);
  REQUIRE(cache.load<Le32>(5000, value) == IoStatus::ok);
  REQUIRE(value == 7);
}

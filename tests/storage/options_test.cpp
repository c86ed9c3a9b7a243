#include "storage/options.h"

#include <array>

#include "storage/image_error.h"
#include "tests/catch.hpp"

using Catch::Matchers::Contains;
using storage::Options;
using storage::parse_size;

TEST_CASE("options: sizes know suffixes and fractions", "[storage][options]") {
  REQUIRE(parse_size("0") == 0);
  REQUIRE(parse_size("512") == 512);
  REQUIRE(parse_size("64k") == 65536);
  REQUIRE(parse_size("1.5G") == std::uint64_t{1536} << 20);
  REQUIRE(parse_size("2T") == std::uint64_t{1} << 41);
  REQUIRE(parse_size("10MB") == 10 << 20);
  for (const char* bad : {"", "k", "-1", "1.5", "1.G", "0x10", "1 M", "1Q", "99999999999999999999",
                          "9999999T", "1.5.5M", ".5M"}) {
    INFO(bad);
    REQUIRE_FALSE(parse_size(bad).has_value());
  }
}

TEST_CASE("options: a list is taken apart as qemu-img takes it", "[storage][options]") {
  Options options;
  options.parse("x", "subformat=monolithicFlat,zeroed_grain,name=a,,b,subformat=vmfs");
  REQUIRE(options.text("subformat") == "vmfs");
  REQUIRE(options.flag("x", "zeroed_grain", false));
  REQUIRE(options.text("name") == "a,b");
  REQUIRE_FALSE(options.text("none").has_value());
  REQUIRE_THROWS_AS(options.parse("x", ""), storage::ImageError);
  REQUIRE_THROWS_AS(options.parse("x", "a,b=,"), storage::ImageError);
  REQUIRE_THROWS_AS(options.parse("x", "=1"), storage::ImageError);
}

TEST_CASE("options: errors name the key and what is allowed", "[storage][options]") {
  constexpr std::array kKnown = {storage::OptionSpec{"size", "SIZE", ""},
                                 storage::OptionSpec{"kind", "a|b", ""}};
  constexpr std::array<std::string_view, 2> kWords = {"a", "b"};
  const Options options = {{"siez", "1"}, {"kind", "c"}, {"flag", "maybe"}, {"size", "huge"}};
  REQUIRE_THROWS_WITH(options.check("i.x", kKnown),
                      "i.x: unknown option (option = siez, known size, kind)");
  REQUIRE_THROWS_WITH(options.choice("i.x", "kind", kWords, 0),
                      "i.x: option kind (value = c, allowed a, b)");
  REQUIRE_THROWS_WITH(options.flag("i.x", "flag", false), Contains("allowed on, off"));
  REQUIRE_THROWS_WITH(options.number("i.x", "size"), Contains("value = huge"));
  REQUIRE(Options().choice("i.x", "kind", kWords, 1) == 1);
}

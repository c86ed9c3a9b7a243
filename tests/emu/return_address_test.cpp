#include "emu/return_address.h"

#include <vector>

#include "tests/catch.hpp"

using emu::CallKind;

namespace {

std::optional<emu::CallBefore> look(const std::vector<std::uint8_t>& before, bool wide = false) {
  const emu::Disassembler disassembler;
  return emu::call_before(disassembler, before, 0x1000, wide);
}

}  // namespace

TEST_CASE("return address: every kind of call that ends in front of it is found", "[emu][debug]") {
  const auto near_direct = look({0x90, 0x90, 0xE8, 0x00, 0x02});  // from FFDh: to 1200h
  REQUIRE(near_direct);
  CHECK(near_direct->kind == CallKind::near_call);
  CHECK(near_direct->instruction.target == 0x1200U);

  CHECK(look({0xFF, 0x16, 0x34, 0x12})->kind == CallKind::near_call);  // CALL [1234h]
  CHECK(look({0xFF, 0xD0})->kind == CallKind::near_call);              // CALL AX
  CHECK(look({0xFF, 0x1E, 0x34, 0x12})->kind == CallKind::far_call);   // CALL FAR [1234h]
  CHECK(look({0x9A, 0x00, 0x00, 0x00, 0xF0})->kind == CallKind::far_call);
  CHECK(look({0xCD, 0x21})->kind == CallKind::interrupt);
  CHECK(look({0xCC})->kind == CallKind::interrupt);

  const auto wide = look({0xE8, 0x00, 0x00, 0x01, 0x00}, true);
  REQUIRE(wide);
  CHECK(wide->instruction.target == 0x11000U);
}

TEST_CASE("return address: what no call ends in front of is none", "[emu][debug]") {
  CHECK_FALSE(look({}));
  CHECK_FALSE(look({0xFF}));
  CHECK_FALSE(look({0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}));
  CHECK_FALSE(look({0xE8, 0x00, 0x02, 0x90}));  // NOP lies between
  CHECK_FALSE(look({0xFF, 0xE0}));              // JMP AX
  CHECK_FALSE(look({0xE8, 0x00, 0x02}, true));  // too short for 32-bit code
}

TEST_CASE("return address: a direct call is likelier than what its last bytes say",
          "[emu][debug]") {
  const auto call = look({0xE8, 0xFF, 0xD0});  // CALL D0FFh on: its end reads CALL AX
  REQUIRE(call);
  CHECK(call->instruction.target.has_value());
}

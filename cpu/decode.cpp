#include "cpu/decode.h"

#include <optional>

#include "cpu/core.h"
#include "cpu/ops.h"
#include "cpu/x87_decode.h"

namespace cpu {

namespace {

constexpr std::uint8_t kNoSegment = 0xFF;

// Hands out bytes until they end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    if (bytes_.size() - used_ < sizeof(T)) {
      truncated_ = true;
      used_ = bytes_.size();
      return value;
    }
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(value | static_cast<T>(bytes_[used_ + i]) << (8 * i));
    }
    used_ += sizeof(T);
    return value;
  }
  std::uint32_t take_z(bool size32) {
    return size32 ? take<std::uint32_t>() : take<std::uint16_t>();
  }
  std::uint32_t take_signed8() {
    return static_cast<std::uint32_t>(sign_extended(take<std::uint8_t>()));
  }
  std::size_t used() const { return used_; }
  bool truncated() const { return truncated_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t used_ = 0;
  bool truncated_ = false;
};

struct AddressRegisters {
  std::uint8_t base, index;
};
constexpr std::array<AddressRegisters, 8> kAddress16 = {{{kEbx, kEsi},
                                                         {kEbx, kEdi},
                                                         {kEbp, kEsi},
                                                         {kEbp, kEdi},
                                                         {kEsi, kZeroRegister},
                                                         {kEdi, kZeroRegister},
                                                         {kEbp, kZeroRegister},
                                                         {kEbx, kZeroRegister}}};

// [386] table 17-2. Returns the default segment.
std::uint8_t decode_address16(ByteReader& in, unsigned mod, unsigned rm, Insn& insn) {
  if (mod == 0 && rm == 6) {
    insn.displacement = in.take<std::uint16_t>();
    return kDs;
  }
  insn.base = kAddress16[rm].base;
  insn.index = kAddress16[rm].index;
  if (mod == 1) insn.displacement = in.take_signed8();
  if (mod == 2) insn.displacement = in.take<std::uint16_t>();
  return insn.base == kEbp ? kSs : kDs;
}

// [386] tables 17-3 and 17-4.
std::uint8_t decode_address32(ByteReader& in, unsigned mod, unsigned rm, Insn& insn) {
  if (rm == 4) {
    const auto sib = in.take<std::uint8_t>();
    if ((sib >> 3 & 7) != kEsp) {
      insn.index = sib >> 3 & 7;
      insn.scale = static_cast<std::uint8_t>(sib >> 6);
    }
    rm = sib & 7;
  }
  if (mod == 0 && rm == kEbp) {
    insn.displacement = in.take<std::uint32_t>();
    return kDs;
  }
  insn.base = static_cast<std::uint8_t>(rm);
  if (mod == 1) insn.displacement = in.take_signed8();
  if (mod == 2) insn.displacement = in.take<std::uint32_t>();
  return rm == kEsp || rm == kEbp ? kSs : kDs;
}

std::uint8_t register_operand(unsigned number, bool byte) {
  if (!byte) return static_cast<std::uint8_t>(number);
  return static_cast<std::uint8_t>((number & 3) * 4 + (number >> 2));
}

bool has_modrm(Form form) {
  return form == Form::modrm || form == Form::modrm_imm8 || form == Form::modrm_simm8 ||
         form == Form::modrm_immz || form == Form::modrm_registers || form == Form::escape;
}

void decode_immediate(ByteReader& in, Form form, bool size32, bool address32, Insn& insn) {
  switch (form) {
    case Form::modrm_imm8:
    case Form::reg_imm8:
    case Form::imm8:
      insn.immediate = in.take<std::uint8_t>();
      break;
    case Form::modrm_simm8:
    case Form::simm8:
      insn.immediate = in.take_signed8();
      break;
    case Form::modrm_immz:
    case Form::reg_immz:
    case Form::immz:
      insn.immediate = in.take_z(size32);
      break;
    case Form::relz:
      insn.immediate = in.take_z(size32);
      if (!size32) {
        insn.immediate =
            static_cast<std::uint32_t>(sign_extended(static_cast<std::uint16_t>(insn.immediate)));
      }
      break;
    case Form::imm16:
      insn.immediate = in.take<std::uint16_t>();
      break;
    case Form::moffs:
      insn.displacement = in.take_z(address32);
      break;
    case Form::far_pointer:
      insn.immediate = in.take_z(size32);
      insn.immediate2 = in.take<std::uint16_t>();
      break;
    case Form::imm16_imm8:
      insn.immediate = in.take<std::uint16_t>();
      insn.immediate2 = in.take<std::uint8_t>();
      break;
    case Form::none:
    case Form::modrm:
    case Form::modrm_registers:
    case Form::reg:
    case Form::escape:
      break;
  }
}

const OpcodeMap& opcode_map(Model model) {
  static const std::array<OpcodeMap, 6> maps = {
      OpcodeMap(Model::i8086),  OpcodeMap(Model::i80186), OpcodeMap(Model::i80286),
      OpcodeMap(Model::i80386), OpcodeMap(Model::i80486), OpcodeMap(Model::pentium)};
  return maps[static_cast<std::size_t>(model)];
}

}  // namespace

OpcodeMap::OpcodeMap(Model model) : model_(model) {
  install_arithmetic(*this);
  install_moves(*this);
  install_control(*this);
  install_shifts(*this);
  install_strings(*this);
  install_system(*this);
  install_protected(*this);
  install_486(*this);
}

void OpcodeMap::set(unsigned opcode, const Opcode& entry) {
  slots_[index_of(opcode)] = {entry, -1};
}

void OpcodeMap::set(unsigned opcode, unsigned reg, const Opcode& entry) {
  Slot& slot = slots_[index_of(opcode)];
  if (slot.group < 0) {
    slot.group = static_cast<int>(groups_.size());
    groups_.emplace_back();
  }
  groups_[static_cast<std::size_t>(slot.group)][reg] = entry;
}

// What stands before the opcode.
struct Decoder::Prefixes {
  std::uint8_t segment = kNoSegment;
  Repeat repeat = Repeat::none;
  bool lock = false, operand_size = false, address_size = false;

  bool take(std::uint8_t byte, Model model) {
    switch (byte) {
      case 0x26:
      case 0x2E:
      case 0x36:
      case 0x3E:
        segment = byte >> 3 & 3;  // ES CS SS DS
        return true;
      case 0x64:
      case 0x65:
        if (model < Model::i80386) return false;
        segment = byte == 0x64 ? kFs : kGs;
        return true;
      case 0x66:
        if (model < Model::i80386) return false;
        operand_size = true;
        return true;
      case 0x67:
        if (model < Model::i80386) return false;
        address_size = true;
        return true;
      case 0xF0:
        lock = true;
        return true;
      case 0xF1:  // 8086: not decoded apart from F0; 286: prefix of the in-circuit emulator; 386:
                  // INT1
        return model == Model::i8086 || model == Model::i80286;
      case 0xF2:
        repeat = Repeat::not_equal;
        return true;
      case 0xF3:
        repeat = Repeat::equal;
        return true;
      default:
        return false;
    }
  }
};

Decoder::Decoder(Model model, Fpu unit) : map_(opcode_map(model)), escapes_(escape_map(unit)) {
  max_length_ = model == Model::i80286 ? 10 : 15;
}

Decoded Decoder::decode(std::span<const std::uint8_t> bytes, CodeKind code, Insn& insn) const {
  insn = Insn{};
  ByteReader in(bytes.first(std::min(bytes.size(), max_length_)));
  const auto finish = [&](Handler handler, bool ends_run) -> Decoded {
    insn.handler = handler;
    insn.length = static_cast<std::uint8_t>(in.used());
    if (!in.truncated()) return {DecodeStatus::ok, ends_run};
    return {bytes.size() >= max_length_ ? DecodeStatus::too_long : DecodeStatus::truncated, true};
  };

  Prefixes prefixes;
  auto byte = in.take<std::uint8_t>();
  while (!in.truncated() && prefixes.take(byte, map_.model())) byte = in.take<std::uint8_t>();
  unsigned index = byte;
  if (byte == 0x0F && map_.has_two_byte_opcodes()) index = 0x100 + in.take<std::uint8_t>();
  if (in.truncated()) return finish(undefined_opcode, true);
  const std::size_t prefix_length = in.used() - 1;

  const bool size32 = code.size32 != prefixes.operand_size;
  const bool address32 = code.size32 != prefixes.address_size;
  const Opcode* entry = &map_.entry(index);
  std::optional<std::uint8_t> modrm;
  if (map_.is_group(index)) {
    modrm = in.take<std::uint8_t>();
    entry = &map_.entry(index, *modrm >> 3 & 7);
  } else if (has_modrm(entry->form)) {
    modrm = in.take<std::uint8_t>();
  }
  if (in.truncated() || entry->handlers.any[0][0] == nullptr) return finish(undefined_opcode, true);

  Place place = kRegister;
  std::uint8_t default_segment = kDs;
  if (modrm) {
    const unsigned mod = *modrm >> 6;
    const unsigned reg = *modrm >> 3 & 7;
    const unsigned rm = *modrm & 7;
    insn.reg = register_operand(reg, (entry->flags & kByteReg) != 0);
    if (mod == 3 || entry->form == Form::modrm_registers) {
      insn.rm = register_operand(rm, (entry->flags & kByteRm) != 0);
    } else {
      place = address32 ? kMemory32 : kMemory16;
      default_segment =
          address32 ? decode_address32(in, mod, rm, insn) : decode_address16(in, mod, rm, insn);
      if ((entry->flags & kStackTop) != 0 && address32 && insn.base == kEsp) {
        insn.displacement += size32 ? 4 : 2;
      }
    }
  } else if (entry->form == Form::reg || entry->form == Form::reg_imm8 ||
             entry->form == Form::reg_immz) {
    insn.rm = register_operand(index & 7, (entry->flags & kByteRm) != 0);
    insn.reg = kEax;  // XCHG
  } else if ((entry->flags & kAddressSized) != 0) {
    place = address32 ? kMemory32 : kMemory16;
  }
  insn.segment = prefixes.segment != kNoSegment ? prefixes.segment : default_segment;
  insn.repeat = prefixes.repeat;
  decode_immediate(in, entry->form, size32, address32, insn);

  const bool register_refused =
      (entry->flags & kMemoryOnly) != 0 && place == kRegister && map_.at_least(Model::i80186);
  const bool lock_refused = prefixes.lock && map_.at_least(Model::i80386) &&
                            ((entry->flags & kLockable) == 0 || place == kRegister);
  if (register_refused || lock_refused) return finish(undefined_opcode, true);
  if (entry->form == Form::escape && escapes_ != nullptr) {
    insn.immediate = (index & 7) << 8 | *modrm;
    if (escapes_->unit() == Fpu::i8087) {
      insn.immediate2 = static_cast<std::uint16_t>(prefix_length);
    }
    return finish(escapes_->find(index, *modrm, size32, place), false);
  }
  const bool ends_run = (entry->flags & kEndsRun) != 0 ||
                        ((entry->flags & kEndsRunIfRepeated) != 0 && insn.repeat != Repeat::none);
  const bool plain = code.plain && (place == kRegister ? size32 : address32) == code.size32 &&
                     (insn.segment < kFs && (insn.segment != kCs || !code.size32));
  if (place != kRegister && insn.index == kZeroRegister) {
    place = place == kMemory32 ? kBase32 : kBase16;
  } else if (modrm && place == kRegister && insn.rm == insn.reg) {
    place = kSameRegister;
  }
  const bool in_registers = place == kRegister || place == kSameRegister;
  const HandlersBySize& handlers = plain ? entry->handlers.plain : entry->handlers.any;
  Decoded decoded = finish(handlers[size32 ? 1 : 0][place], ends_run);
  decoded.is_jcc = (entry->flags & kJcc) != 0;
  decoded.is_jmp = (entry->flags & kJmp) != 0 && size32 == code.size32;
  if (in_registers) {
    decoded.flags = entry->handlers.flags;
    decoded.quiet = entry->handlers.quiet[size32 ? 1 : 0];
  }
  decoded.is_relative = (entry->flags & kRelative) != 0;
  return decoded;
}

}  // namespace cpu

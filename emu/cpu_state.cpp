#include "emu/cpu_state.h"

namespace emu {

namespace {
void serialize_segment(devices::Archive& archive, cpu::Registers::Segment& segment) {
  archive(segment.selector);
  archive(segment.base);
  archive(segment.limit);
  archive(segment.access);
}
}  // namespace

void serialize(devices::Archive& archive, cpu::Registers& registers) {
  archive.tag("cpu", 2);
  archive(registers.general);
  archive(registers.eip);
  archive(registers.eflags);
  for (cpu::Registers::Segment& segment : registers.segments) serialize_segment(archive, segment);
  archive(registers.cr0);
  archive(registers.cr2);
  archive(registers.cr3);
  archive(registers.cr4);
  archive(registers.time_stamp_base);
  archive(registers.dr);
  archive(registers.test);
  serialize_segment(archive, registers.ldtr);
  serialize_segment(archive, registers.tr);
  archive(registers.gdtr_base);
  archive(registers.idtr_base);
  archive(registers.gdtr_limit);
  archive(registers.idtr_limit);
  archive(registers.activity);
  archive(registers.interrupt_shadow);
  archive(registers.nmi_pending);
  archive(registers.nmi_blocked);
}

void serialize(devices::Archive& archive, cpu::X87State& x87) {
  archive.tag("x87", 1);
  for (cpu::X87State::Register& value : x87.registers) {
    archive(value.mantissa);
    archive(value.head);
  }
  archive(x87.used);
  archive(x87.control);
  archive(x87.status);
  archive(x87.instruction_offset);
  archive(x87.instruction_selector);
  archive(x87.operand_offset);
  archive(x87.operand_selector);
  archive(x87.opcode);
  archive(x87.protected_format);
  archive(x87.error_signalled);
}

}  // namespace emu

#include "cpu/cpu.h"

#include "cpu/core.h"

namespace cpu {

Cpu::Cpu(Model model, Memory& memory, Bus& bus, Engine engine, Fpu fpu)
    : core_(std::make_unique<Core>(model, memory, bus, engine, fpu)) {}

Cpu::~Cpu() = default;

void Cpu::reset() {
  core_->reset();
}
std::uint64_t Cpu::run(std::uint64_t budget) {
  return core_->run(budget);
}
void Cpu::request_exit() {
  core_->raise_event(kEventExit);
}
std::uint64_t Cpu::instructions() const {
  return core_->instructions();
}
std::uint32_t Cpu::current_eip() const {
  return core_->current_eip();
}
void Cpu::watch_accesses(AccessWatch* watch) {
  core_->watch_accesses(watch);
}
void Cpu::set_intr(bool level) {
  core_->set_intr(level);
}
void Cpu::raise_nmi() {
  core_->raise_nmi();
}
Model Cpu::model() const {
  return core_->model;
}
Fpu Cpu::fpu() const {
  return core_->fpu.kind;
}
void Cpu::set_ignore_coprocessor_error(bool level) {
  core_->fpu.error_ignored = level;
}
Activity Cpu::activity() const {
  return core_->activity;
}
std::span<const std::uint32_t> Cpu::recent_runs() const {
  return core_->recent_runs();
}

std::span<const Delivery> Cpu::recent_exceptions() const {
  return core_->recent_exceptions();
}

Registers Cpu::registers() const {
  return core_->registers();
}
void Cpu::set_registers(const Registers& registers) {
  core_->set_registers(registers);
}
X87State Cpu::x87() const {
  return core_->fpu.state();
}
void Cpu::set_x87(const X87State& state) {
  core_->fpu.set_state(state);
}

}  // namespace cpu

#include "emu/artifacts.h"

#include <fstream>

#include "emu/golden.h"
#include "emu/post_mortem.h"
#include "emu/run_options.h"
#include "emu/session.h"
#include "emu/utf8.h"

namespace emu {

namespace {

constexpr std::size_t kRunsShown = 64;  // of straight code: some 256 instructions

void write_text(TestContext& context, const std::string& name, const std::string& text) {
  const auto place = context.artifact(name);
  if (!place) return;
  std::ofstream out(*place, std::ios::binary);
  out << text;
  out.flush();
  if (!out) throw UsageError("cannot write '" + place->string() + "'");
}

std::string transcript_text(const ScreenWatch& watch) {
  std::string text;
  for (std::u32string row : watch.transcript()) {
    const std::size_t last = row.find_last_not_of(U" \0");
    row.resize(last == std::u32string::npos ? 0 : last + 1);
    text += to_utf8(row) + "\n";
  }
  return text;
}

void write_machine(TestContext& context, ScriptMachine& machine, const std::string& prefix) {
  write_text(context, prefix + "transcript.txt", transcript_text(machine.watch()));
  std::string events;
  for (const std::string& event : machine.events()) events += event + "\n";
  write_text(context, prefix + "events.txt", events);
  if (!machine.on()) return;
  const Machine& running = machine.machine();
  write_text(context, prefix + "screen.txt", screen_text(running));
  if (const auto place = context.artifact(prefix + "screen.png")) {
    write_picture(*place, running.picture());
  }
  write_text(context, prefix + "cpu.txt",
             describe_registers(running.processor().registers()) +
                 describe_recent_code(running.processor(), running.memory(), kRunsShown));
  for (std::size_t i = 0; i < kDriveSlotCount; ++i) {
    const std::vector<devices::AtaLogEntry> log = running.ata_log(static_cast<DriveSlot>(i));
    if (log.empty()) continue;
    write_text(context, prefix + "ata-" + kDriveSlotNames[i] + ".txt", describe_ata_log(log));
  }
  if (const auto place = context.artifact(prefix + "state.pst")) {
    machine.save_state(place->string());
  }
}

}  // namespace

void write_artifacts(TestContext& context) {
  if (!context.options().artifacts) return;
  std::string failures;
  for (const std::string& failure : context.result().failures) failures += failure + "\n";
  for (const std::string& line : context.result().log) failures += "log: " + line + "\n";
  write_text(context, "failure.txt", failures);
  int number = 0;
  for (const auto& machine : context.machines()) {
    ++number;
    const bool only = context.machines().size() == 1;
    write_machine(context, *machine, only ? "" : "machine" + std::to_string(number) + "-");
  }
}

}  // namespace emu

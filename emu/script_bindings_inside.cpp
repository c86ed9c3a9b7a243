// m:dos(), m:chips(): what the debugger's panels show of DOS and of the board.
#include <string>
#include <vector>

#include "emu/board.h"
#include "emu/chips.h"
#include "emu/dos_memory.h"
#include "emu/script_bindings.h"

namespace emu {

namespace {

void push(lua_State* lua, const DosBlock& block) {
  Fields fields(lua);
  fields.number("segment", block.segment);
  fields.number("owner", block.owner);
  fields.number("bytes", lua_Integer{block.paragraphs} * 16);
  fields.text("name", block.name);
}
void push(lua_State* lua, const DosProgram& program) {
  Fields fields(lua);
  fields.number("psp", program.psp);
  fields.number("parent", program.parent);
  fields.number("handles", program.handles);
  fields.text("name", program.name);
  fields.text("arguments", program.arguments);
}
void push(lua_State* lua, const DosFile& file) {
  Fields fields(lua);
  fields.text("name", file.name);
  fields.flag("device", file.device);
  if (!file.device) fields.text("drive", std::string(1, file.drive));
  fields.number("handles", file.references);
  fields.flag("reads", file.access != 1);
  fields.flag("writes", file.access != 0);
  fields.number("owner", file.owner);
  fields.number("size", file.size);
  fields.number("position", file.position);
}
void push(lua_State* lua, const DosDrive& drive) {
  Fields fields(lua);
  fields.text("letter", std::string(1, drive.letter));
  fields.text("kind", name_of(drive.kind));
  fields.text("directory", drive.directory);
}

template <class Rows>
void set_list(lua_State* lua, const char* name, const Rows& rows) {
  lua_newtable(lua);
  lua_Integer n = 0;
  for (const auto& row : rows) {
    push(lua, row);
    lua_seti(lua, -2, ++n);
  }
  lua_setfield(lua, -2, name);
}

// By name, and with bits by theirs: m:chips()["ATA ide0.0"].status.DRQ.
void set_register(lua_State* lua, const ChipRegister& shown) {
  Fields fields(lua);
  fields.number("value", shown.value);
  if (!shown.note.empty()) fields.text("note", shown.note);
  for (std::size_t i = 0; i < shown.bits.size(); ++i) {
    if (!shown.bits[i].empty())
      fields.flag(std::string(shown.bits[i]).c_str(), (shown.value >> (7 - i) & 1) != 0);
  }
  lua_setfield(lua, -2, shown.name.c_str());
}
void set_chips(lua_State* lua, const std::vector<Chip>& chips) {
  for (const Chip& chip : chips) {
    lua_newtable(lua);
    for (const ChipRegister& shown : chip.registers) set_register(lua, shown);
    lua_setfield(lua, -2, chip.name.c_str());
  }
}

}  // namespace

void push_chips(lua_State* lua, const Machine& machine) {
  lua_newtable(lua);
  set_chips(lua, timing_chips_of(machine.board()));
  set_chips(lua, chips_of(machine.board()));
}

void push_dos(lua_State* lua, const Machine& machine) {
  const auto dos = read_dos(machine.board().processor.registers(), machine.board().memory);
  if (!dos) {
    lua_pushnil(lua);
    return;
  }
  lua_newtable(lua);
  set_list(lua, "blocks", dos->blocks);
  set_list(lua, "programs", dos->programs);
  if (!dos->lists) return;
  set_list(lua, "files", dos->files);
  set_list(lua, "drives", dos->drives);
}

}  // namespace emu

-- What DOS keeps about itself is read from outside: programs, open files, drives.

local function boot(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine {
    cpu = "386", ram = "4M",
    drive = { { bus = "fd0", file = image, mode = "discard" } },
  }
  m:expect({ "FreeDOS test floppy ready, menu choice 1", "A:\\>" }, 30)
  return m
end

local function named(rows, name)
  for _, row in ipairs(rows) do
    if row.name == name then return row end
  end
end

test("DOS shows its shell, its devices and its drives", { timeout = 60, tags = { "boot" } }, function(t)
  local m = boot(t)
  local dos = m:dos()
  local shell = named(dos.programs, "COMMAND")
  t:ok(shell, "no program COMMAND")
  t:lt(4, shell.handles)                       -- in, out, error, auxiliary, printer
  local console = named(dos.files, "CON")
  t:ok(console and console.device and console.reads and console.writes)
  t:eq(dos.drives[1].letter, "A")
  t:eq(dos.drives[1].directory, "A:\\")
  t:eq(dos.drives[1].kind, "physical")
end)

test("a file shows while a program has it open", { timeout = 60, tags = { "boot" } }, function(t)
  local m = boot(t)
  m:type("copy con x.txt\n")                   -- open until Ctrl+Z
  m:expect("con => x.txt")
  m:run(0.5)
  local dos = m:dos()
  local file = named(dos.files, "X.TXT")
  t:ok(file, "X.TXT is not open")
  t:eq(file.drive, "A")
  t:ok(file.writes and not file.reads)
  t:eq(file.owner, named(dos.programs, "COMMAND").psp)
  m:key("ctrl-z", "enter")
  m:expect("A:\\>")
  t:eq(named(m:dos().files, "X.TXT"), nil)
end)

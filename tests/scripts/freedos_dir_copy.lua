-- FreeDOS boots from a floppy; DIR, COPY and FC do their work.
--   platter test freedos_dir_copy.lua -D images=FOLDER
-- The place to begin: a machine, texts that must come, keys, and what the drive saw.

local ready = "FreeDOS test floppy ready, menu choice 1"

local function boot(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine {
    cpu = "386", ram = "4M",
    drive = { { bus = "fd0", file = image, mode = "discard" } },   -- the image file never changes
  }
  m:expect({ ready, "A:\\>" }, 30)      -- first the one, then the other; guest seconds
  return m
end

test("DIR lists the floppy and its free space", { timeout = 60, tags = { "boot" } }, function(t)
  local m = boot(t)
  m:type("dir\n")
  m:expect("AUTOEXEC BAT")
  local free = m:expect_re("([%d,]+) bytes free")   -- a Lua pattern; its capture comes back
  t:eq(free, "591,360")
  m:expect("A:\\>")
  t:eq(m:disk("fd0"):stats().sectors_written, 0)
end)

test("a copied file is the same, a deleted one is gone", { timeout = 90, tags = { "boot" } }, function(t)
  local m = boot(t)
  m:type("copy kernel.sys copy.sys\n")
  m:expect({ "kernel.sys => copy.sys", "A:\\>" })
  m:type("fc /b kernel.sys copy.sys\n")
  m:expect({ "No differences", "A:\\>" }, 60)
  m:type("del copy.sys\n")
  m:expect("A:\\>")
  m:type("dir copy.sys\n")
  m:expect("File not found")

  local floppy = m:disk("fd0"):stats()
  t:lt(0, floppy.sectors_written)
  t:eq(floppy.host_bytes_written, 0, "mode = discard reached the image file")
end)

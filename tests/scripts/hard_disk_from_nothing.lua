-- An empty hard disk becomes one that boots: FDISK, FORMAT, SYS, and then without the floppy.
--   platter test hard_disk_from_nothing.lua -D images=FOLDER
-- Shows disks made for one test, a reset, a second machine on the same image.

test("FDISK, FORMAT and SYS make an empty disk boot", { timeout = 600, tags = { "boot" } }, function(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local file = t:tmp("hd.img", { create = "raw,32M" })      -- gone after the test

  local m = t:machine {
    drive = { { bus = "fd0", file = image, mode = "discard" },
              { bus = "ide0.0", file = file } },
  }
  local hd = m:disk("ide0.0")
  m:expect("A:\\>", 30)
  t:eq(hd:stats().sectors_written, 0, "nobody has asked for the hard disk yet")

  m:type("fdisk /auto\n")
  m:expect("A:\\>", 30)
  t:eq(hd:read(0):sub(511, 512), "\x55\xAA")
  local kind = hd:read(0):byte(447 + 4)
  t:ok(kind == 0x06 or kind == 0x0E or kind == 0x04, "a FAT16 partition, not " .. kind)
  m:type("fdisk /mbr\n")
  m:expect("A:\\>", 30)

  m:reset()                                                  -- DOS looks at partitions at boot only
  m:expect("A:\\>", 60)
  m:type("format c: /q /u /v:PLATTER\n")
  m:expect("YES")
  m:type("YES\n")
  m:expect({ "complete", "A:\\>" }, 120)
  m:type("sys c:\n")
  m:expect("System transferred", 60)
  m:expect("A:\\>", 30)
  m:poweroff()                                               -- the last writes are in the file now

  local second = t:machine { boot = "c", drive = { { bus = "ide0.0", file = file } } }
  second:expect("Enter new date", 60)                        -- no AUTOEXEC.BAT: DOS asks
  second:type("\n\n")
  second:expect("C:\\>", 30)
  second:type("vol\n")
  second:expect("PLATTER")
end)

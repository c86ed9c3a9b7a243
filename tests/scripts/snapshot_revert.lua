-- A snapshot, damage, and back: the disk is as it was, as often as the test wants.
--   platter test snapshot_revert.lua -D images=FOLDER
-- Snapshots live in memory: with one taken, nothing reaches the image file before commit() or power-off.

test("after a revert DOS finds the file it had deleted", { timeout = 120, tags = { "boot" } }, function(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine { drive = { { bus = "fd0", file = image, mode = "discard" } } }
  m:expect("A:\\>", 30)
  local floppy = m:disk("fd0")
  local before = t:sha256(floppy:read(0, 2048))

  floppy:snapshot("clean")
  m:type("del kernel.sys\n")
  m:expect("A:\\>")
  m:type("dir kernel.sys\n")
  m:expect({ "File not found", "A:\\>" })
  t:ok(t:sha256(floppy:read(0, 2048)) ~= before)

  floppy:revert("clean")
  t:eq(t:sha256(floppy:read(0, 2048)), before)
  m:reset()                             -- DOS must forget what it has in its buffers
  m:expect("A:\\>", 60)
  m:type("dir kernel.sys\n")
  m:expect("1 file(s)")
end)

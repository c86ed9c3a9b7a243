; Disk Lab: the hard disk that comes with the emulator, as the head of an image: master boot record,
; FAT16 volume with boot sector, both FATs, root directory and the files' clusters. Whoever uses it pads
; it with zeroes to DISK_BYTES. The program on it shows the machine, works on its own volume through
; INT 13h and checks what it reads; docs/disk-lab.md has its keys and texts.
;
; Sources: [FAT] Microsoft, FAT: General Overview of On-Disk Format 1.03; [EDD] Phoenix, BIOS Enhanced
; Disk Drive Specification 3.0; [RBIL] Ralf Brown's Interrupt List 61 (INT 10h-1Ah, INT 13h status).
; Everything is 8086 code and BIOS calls, so that it runs on any PC; newer processors are only asked who
; they are. Not implemented: subdirectories, long names, volumes of another layout.

%include "layout.inc"

  cpu 8086
  bits 16

section mbr start=0 vstart=600h
%include "mbr.inc"

section vbr start=(PART_LBA*SECTOR) vstart=7C00h
%include "vbr.inc"

; The program comes before the FAT in the source because the FAT wants to know how long it is.
section lab start=((DATA_LBA+(LAB_CLUSTER-2)*CLUSTER_SECTORS)*SECTOR) vstart=0
lab_begin:
%include "lab.inc"
%include "screen.inc"
%include "format.inc"
%include "machine.inc"
%include "disk.inc"
%include "volume.inc"
%include "pattern.inc"
%include "operations.inc"
%include "report.inc"
lab_end:
%include "memory.inc"
%define LAB_BYTES    (lab_end - lab_begin)
%define LAB_CLUSTERS ((LAB_BYTES + CLUSTER_BYTES - 1) / CLUSTER_BYTES)
  times -(LAB_BYTES > PROGRAM_LIMIT) db 0     ; the program has grown into its buffers

section readme start=((DATA_LBA+(README_CLUSTER-2)*CLUSTER_SECTORS)*SECTOR) vstart=0
readme_begin:
%include "readme.inc"
readme_end:
  times -(readme_end - readme_begin > CLUSTER_BYTES) db 0

%macro fat 0
  dw 0FFF8h, 0FFFFh
  dw 0FFFFh                                   ; README.TXT
  %assign %%count 1                           ; LAB.SYS: a link to the next cluster, the end, or free
  %rep LAB_MAX_CLUSTERS
    dw (%%count < LAB_CLUSTERS) * (LAB_CLUSTER + %%count) | (%%count == LAB_CLUSTERS) * 0FFFFh
    %assign %%count %%count + 1
  %endrep
%endmacro

section fat1 start=(FAT1_LBA*SECTOR) vstart=0
  fat
section fat2 start=(FAT2_LBA*SECTOR) vstart=0
  fat

%macro entry 5                                ; name, attribute, cluster, size low, size high
  db %1
  db %2
  times 10 db 0
  dw FILE_TIME, FILE_DATE, %3, %4, %5
%endmacro

section root start=(ROOT_LBA*SECTOR) vstart=0
  entry "PLATTER LAB", ATTR_LABEL, 0, 0, 0
  entry "LAB     SYS", ATTR_SYSTEM_RO, LAB_CLUSTER, LAB_BYTES, 0
  entry "README  TXT", ATTR_ARCHIVE, README_CLUSTER, readme_end - readme_begin, 0

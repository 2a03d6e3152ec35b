using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Dmp.Keys;
using Xunit;

namespace Dmp.Server.Tests.Keys;

/// <summary>
/// SoftHSM, a real PKCS#11 module, with two tokens of its own in a temporary directory. Where it is not installed the tests that
/// need it are skipped.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SoftHsm : IDisposable
{
    internal const string Pin = "4711-user";

    private static readonly string[] places =
    [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ];

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-softhsm-");
    private readonly string? missing;

    public SoftHsm()
    {
        Module = Array.Find(places, File.Exists) ?? "";
        if (Module.Length == 0)
        {
            missing = "SoftHSM is not installed (Debian: softhsm2).";
            return;
        }

        var configuration = Path.Combine(directory.FullName, "softhsm2.conf");
        File.WriteAllText(configuration, $"directories.tokendir = {directory.CreateSubdirectory("tokens").FullName}\nobjectstore.backend = file\nlog.level = ERROR\n");

        // The module reads it by getenv, which does not see what Environment sets.
        _ = SetEnvironment("SOFTHSM2_CONF", configuration, 1);
        foreach (var token in new[] { "dmp-one", "dmp-two" })
        {
            ProcessStartInfo start = new("softhsm2-util", ["--init-token", "--free", "--label", token, "--so-pin", "4711-so", "--pin", Pin])
            {
                RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["SOFTHSM2_CONF"] = configuration },
            };
            using var util = Process.Start(start)!;
            if (!util.WaitForExit(30_000) || util.ExitCode != 0)
            {
                missing = $"softhsm2-util does not work here: {util.StandardError.ReadToEnd()}";
            }
        }

        PinFile = Path.Combine(directory.FullName, "pin");
        using (File.Open(PinFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
        }

        File.WriteAllText(PinFile, Pin + "\n");
    }

    public string Module { get; }

    /// <summary>A file with the PIN.</summary>
    public string PinFile { get; } = "";

    internal Pkcs11Options Options(string token = "dmp-one", string prefix = "dmp-master-")
    {
        Assert.SkipWhen(missing is not null, missing ?? "");
        return new() { Module = Module, Token = token, PinFile = PinFile, LabelPrefix = prefix, SessionsMax = 4 };
    }

    public void Dispose() => directory.Delete(recursive: true);

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Dmp.Storage.Keys;
using Xunit;

[assembly: AssemblyFixture(typeof(Dmp.Server.Tests.Keys.SoftHsm))]

namespace Dmp.Server.Tests.Keys;

/// <summary>
/// SoftHSM, a real PKCS#11 module, with two tokens of its own in a temporary directory, made when a test first asks. One for all tests:
/// a process has one configuration of it. Where it is not installed the tests that need it are skipped.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SoftHsm : IDisposable
{
    internal const string Pin = "4711-user";

    private static readonly string[] places =
    [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    ];

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-softhsm-");
    private readonly Lazy<string?> missing;

    public SoftHsm() => missing = new(Prepare);

    public string Module { get; } = Array.Find(places, File.Exists) ?? "";

    /// <summary>A file with the PIN.</summary>
    public string PinFile => Path.Combine(directory.FullName, "pin");

    internal Pkcs11Options Options(string token = "dmp-one", string prefix = "dmp-master-")
    {
        Assert.SkipWhen(missing.Value is not null, missing.Value ?? "");
        return new() { Module = Module, Token = token, PinFile = PinFile, LabelPrefix = prefix, SessionsMax = 4 };
    }

    public void Dispose() => directory.Delete(recursive: true);

    /// <summary>Null, or why it cannot be used here.</summary>
    private string? Prepare()
    {
        if (Module.Length == 0)
        {
            return "SoftHSM is not installed (Debian: softhsm2).";
        }

        var configuration = Path.Combine(directory.FullName, "softhsm2.conf");
        File.WriteAllText(
            configuration,
            $"directories.tokendir = {directory.CreateSubdirectory("tokens").FullName}\nobjectstore.backend = file\nlog.level = ERROR\n");

        // The module reads it by getenv, which does not see what Environment sets.
        _ = SetEnvironment("SOFTHSM2_CONF", configuration, 1);
        foreach (var token in new[] { "dmp-one", "dmp-two" })
        {
            ProcessStartInfo start = new("softhsm2-util", ["--init-token", "--free", "--label", token, "--so-pin", "4711-so", "--pin", Pin])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["SOFTHSM2_CONF"] = configuration },
            };
            using var util = Process.Start(start)!;
            if (!util.WaitForExit(30_000) || util.ExitCode != 0)
            {
                return $"softhsm2-util does not work here: {util.StandardError.ReadToEnd()}";
            }
        }

        using (File.Open(PinFile, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
        }

        File.WriteAllText(PinFile, Pin + "\n");
        return null;
    }

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}

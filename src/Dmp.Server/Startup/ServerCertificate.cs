using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dmp.Server.Logging;
using Dmp.Server.Options;

namespace Dmp.Server.Startup;

/// <summary>
/// The certificate of the gRPC port with its chain, read again when its files change. What is in use stays in use until a pair that fits is
/// there, because certificate and key are two files and change one after the other. Connections that exist keep what they began with.
/// </summary>
internal sealed class ServerCertificate
{
    // A chain of ten certificates has about 20 KB.
    private const int FileBytesMax = 1024 * 1024;
    private const string BeginCertificate = "-----BEGIN CERTIFICATE-----";

    private readonly string certificatePath;
    private readonly string? keyPath;
    private volatile SslStreamCertificateContext context;
    private PemFiles lastRead;

    private ServerCertificate(string certificatePath, string? keyPath, PemFiles files)
    {
        this.certificatePath = certificatePath;
        this.keyPath = keyPath;
        lastRead = files;
        context = ContextOf(files);
    }

    /// <summary>For the next connection.</summary>
    public SslStreamCertificateContext Context => context;

    /// <summary>Null where the port speaks plain HTTP/2.</summary>
    /// <exception cref="StartupRefusedException">The files are not a certificate and its key.</exception>
    public static ServerCertificate? Open(ListenOptions listen)
    {
        if (string.IsNullOrWhiteSpace(listen.CertificatePath))
        {
            return null;
        }

        var keyPath = string.IsNullOrWhiteSpace(listen.CertificateKeyPath) ? null : listen.CertificateKeyPath;
        try
        {
            return new ServerCertificate(listen.CertificatePath, keyPath, Read(listen.CertificatePath, keyPath));
        }
        catch (Exception fault) when (IsFault(fault))
        {
            throw new StartupRefusedException(
                $"The TLS certificate {listen.CertificatePath} (Dmp:Listen:CertificatePath, CertificateKeyPath) cannot be used: "
                + $"{fault.Message}", fault);
        }
    }

    /// <summary>Reads the files, and takes what is in them if it is new and fits.</summary>
    public void Renew(ILogger logger)
    {
        try
        {
            var files = Read(certificatePath, keyPath);
            if (files == lastRead)
            {
                return;
            }

            // Also when it does not fit: one warning for each state of the files is enough.
            lastRead = files;
            context = ContextOf(files);
            var certificate = context.TargetCertificate;
            ServerLog.CertificateRenewed(logger, certificatePath, certificate.SerialNumber, certificate.NotAfter.ToUniversalTime());
        }
        catch (Exception fault) when (IsFault(fault))
        {
            if (fault is IOException or UnauthorizedAccessException)
            {
                // Gone for an instant while it is replaced, or for good: told once, until it can be read again.
                var unreadable = new PemFiles(fault.Message, null);
                if (unreadable == lastRead)
                {
                    return;
                }

                lastRead = unreadable;
            }

            ServerLog.CertificateKept(logger, certificatePath, fault.Message);
        }
    }

    private static bool IsFault(Exception fault) =>
        fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException or FormatException;

    private static PemFiles Read(string certificatePath, string? keyPath) =>
        new(ReadText(certificatePath), keyPath is null ? null : ReadText(keyPath));

    private static string ReadText(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > FileBytesMax)
        {
            throw new FormatException($"{path} is larger than {FileBytesMax} bytes.");
        }

        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static SslStreamCertificateContext ContextOf(PemFiles files)
    {
        X509Certificate2Collection all = [];
        all.ImportFromPem(files.Certificate);
        if (all.Count == 0)
        {
            throw new FormatException("There is no certificate in it (PEM).");
        }

        // The first one is the server's, the rest its chain in whatever order: the chain is put together by who issued whom.
        var first = files.Certificate.IndexOf(BeginCertificate, StringComparison.Ordinal);
        X509Certificate2 leaf;
        try
        {
            leaf = X509Certificate2.CreateFromPem(files.Certificate.AsSpan(first), files.Key ?? files.Certificate);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new FormatException(
                "The private key (PEM, not encrypted) is not there, or is not that of the first certificate.", fault);
        }

        all.RemoveAt(0);

        // Offline: nothing is fetched from addresses that a certificate names.
        return SslStreamCertificateContext.Create(leaf, all, offline: true);
    }

    /// <summary>The texts of the files. Equal texts are the same pair, whatever the times and links of the files say.</summary>
    private sealed record PemFiles(string Certificate, string? Key);
}

/// <summary>
/// Looks at the files from time to time. Not told by the kernel: a folder whose links are swapped, as Kubernetes and certbot do it, and
/// network file systems tell nothing.
/// </summary>
internal sealed class CertificateRenewal(
    ServerCertificate certificate, ListenOptions listen, TimeProvider time, ILogger<CertificateRenewal> logger) : BackgroundService
{
    private static readonly TimeSpan warnBefore = TimeSpan.FromDays(7);
    private static readonly TimeSpan warnPeriod = TimeSpan.FromHours(12);

    private DateTimeOffset warned = DateTimeOffset.MinValue;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(listen.CertificateCheckSeconds), time);
        try
        {
            do
            {
                certificate.Renew(logger);
                WarnOfEnd();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void WarnOfEnd()
    {
        var now = time.GetUtcNow();
        DateTimeOffset end = certificate.Context.TargetCertificate.NotAfter;
        if (end - now < warnBefore && now - warned > warnPeriod)
        {
            warned = now;
            ServerLog.CertificateEnds(logger, listen.CertificatePath!, end.ToUniversalTime());
        }
    }
}

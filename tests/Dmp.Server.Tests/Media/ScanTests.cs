using System.Net;
using System.Net.Sockets;
using System.Text;
using Dmp.Audit.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Media;
using Dmp.Server.Options;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Server.Tests.Media.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>Uploads in front of a real virus scanner, with the EICAR test file.</summary>
public sealed class ScanTests(Platform platform, ClamdServer clamd) : IClassFixture<ClamdServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_infected_document_is_refused_traced_and_kept_apart()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.UnixEndpoint}");
        foreach (var content in (byte[][])[ClamdServer.Eicar, [.. Given.Text(1_000_000), .. ClamdServer.Eicar]])
        {
            var status = await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ContentInfected, () => at.SendAsync(content));

            Assert.Equal(ClamdServer.Signature, status.GetDetail<ErrorInfo>()!.Metadata["signature"]);
            Assert.Equal("document", status.GetDetail<ErrorInfo>()!.Metadata["place"]);
            var request = status.GetDetail<RequestInfo>()!.RequestId;
            var (head, kept) = await KeptAsync(at, request);
            Assert.Contains($"signature: {ClamdServer.Signature}\nbytes: {content.Length}\n", head, StringComparison.Ordinal);
            Assert.Equal(content, kept);
        }

        Assert.Empty(await at.Physician.SearchIdsAsync(at.Record.Id));
        Assert.Empty(Directory.EnumerateFiles(at.Server.ContentDirectory, "*", SearchOption.AllDirectories));
        var events = await at.Patient.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = at.Record.Id }, cancellationToken: Token);
        Assert.Equal(
            [(AuditOutcome.Failed, "CONTENT_INFECTED"), (AuditOutcome.Failed, "CONTENT_INFECTED")],
            events.Events.Where(e => e.Method.EndsWith("UploadDocument", StringComparison.Ordinal)).Select(e => (e.Outcome, e.Reason)));
    }

    [Fact]
    public async Task The_quarantine_is_for_the_service_alone_and_holds_nothing_that_a_scanner_finds()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.UnixEndpoint}");
        await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ContentInfected, () => at.SendAsync(ClamdServer.Eicar));
        var file = Assert.Single(new DirectoryInfo(at.QuarantineDirectory).GetFiles());
        Assert.DoesNotContain(
            "EICAR-STANDARD", await File.ReadAllTextAsync(file.FullName, Encoding.Latin1, Token), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, file.Directory!.UnixFileMode);
        }

        using var scan = await new Clamd(Microsoft.Extensions.Options.Options.Create(new ScanOptions { Endpoint = clamd.UnixEndpoint }))
            .BeginAsync(CancellationToken.None, Token);
        await scan.WriteAsync(await File.ReadAllBytesAsync(file.FullName, Token));
        Assert.Null(await scan.ConcludeAsync());
    }

    [Fact]
    public async Task A_file_inside_of_a_CDA_document_is_scanned_too()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.TcpEndpoint}");
        var base64 = Convert.ToBase64String(ClamdServer.Eicar);
        (string Body, string Place)[] bodies =
        [
            ($"<nonXMLBody><text mediaType=\"text/plain\" representation=\"B64\">{base64}</text></nonXMLBody>", "text"),
            ($"<structuredBody><component><section><entry><observationMedia><value representation=\"B64\">{base64}</value>"
                + "</observationMedia></entry></section></component></structuredBody>", "value"),
        ];
        foreach (var (body, place) in bodies)
        {
            var text = new CdaText { Patient = at.Record.Patient, Author = at.Record.Physician, Body = body };
            var status = await Refusals.RefusedAsync(
                StatusCode.InvalidArgument,
                ErrorReason.ContentInfected,
                () => CdaUploadTests.SendAsync(at.Physician, CdaUploadTests.Intent(at.Record.Id), text.Bytes));
            Assert.Equal($"/ClinicalDocument//{place}[@representation='B64'][1]", status.GetDetail<ErrorInfo>()!.Metadata["place"]);
            Assert.Equal(text.Bytes, (await KeptAsync(at, status.GetDetail<RequestInfo>()!.RequestId)).Content);
        }
    }

    [Fact]
    public async Task A_file_inside_of_a_FHIR_document_is_scanned_too()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.TcpEndpoint}");
        var entry = ",{\"resource\":{\"resourceType\":\"Binary\",\"contentType\":\"text/plain\",\"data\":\""
            + $"{Convert.ToBase64String(ClamdServer.Eicar)}\"}}}}";
        var text = new FhirText { Patient = at.Record.Patient, Author = at.Record.Physician, Entries = entry };
        foreach (var content in new[] { text.Bytes, text.Xml })
        {
            var status = await Refusals.RefusedAsync(
                StatusCode.InvalidArgument,
                ErrorReason.ContentInfected,
                () => CdaUploadTests.SendAsync(at.Physician, CdaUploadTests.Intent(at.Record.Id), content));
            Assert.StartsWith("Bundle.entry[5].resource", status.GetDetail<ErrorInfo>()!.Metadata["place"], StringComparison.Ordinal);
            Assert.Equal(content, (await KeptAsync(at, status.GetDetail<RequestInfo>()!.RequestId)).Content);
        }
    }

    [Fact]
    public async Task Clean_documents_of_each_kind_pass()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.TcpEndpoint}");
        Assert.Equal(ContentForm.Text, (await at.SendAsync(Given.Text(1_000_000))).Content.Form);
        Assert.Equal(ContentForm.Pdf, (await at.SendAsync(PdfText.WritePacked(""), "application/pdf")).Content.Form);
        Assert.Equal(ContentForm.DicomKos, (await at.SendAsync(new KosBytes().Bytes, "application/dicom")).Content.Form);
        var text = new CdaText { Patient = at.Record.Patient, Author = at.Record.Physician };
        var stored = await CdaUploadTests.SendAsync(at.Physician, CdaUploadTests.Intent(at.Record.Id), text.Bytes);
        Assert.Equal(ContentForm.CdaStructured, stored.Document.Content.Form);
        Assert.False(Directory.Exists(at.QuarantineDirectory));
    }

    [Fact]
    public async Task Without_the_scanner_an_upload_waits_and_goes_on_when_it_is_back()
    {
        clamd.Require();
        var port = TestServer.FreePort();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint=tcp://127.0.0.1:{port}");
        var intent = Given.Intent(at.Record.Id);
        var content = Given.Text();
        var status = await Refusals.RefusedAsync(
            StatusCode.Unavailable, ErrorReason.ScannerUnavailable, () => at.Physician.UploadAsync(intent, content));
        Assert.True(status.GetDetail<RetryInfo>()!.RetryDelay.Seconds > 0);
        Assert.Empty(await at.Physician.SearchIdsAsync(at.Record.Id));

        await using var back = Forwarder.Start(port, new IPEndPoint(IPAddress.Loopback, clamd.TcpEndpoint.Port));
        Assert.Equal(content, await at.Physician.ReadAsync(await at.Physician.UploadAsync(intent, content)));
    }

    [Fact]
    public async Task A_scanner_that_hangs_is_as_none()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var at = await ScanPlatform.StartAsync(
            platform, $"--Dmp:Scan:Endpoint=tcp://{silent.LocalEndpoint}", "--Dmp:Scan:Timeout=00:00:00.3");
        await Refusals.RefusedAsync(StatusCode.Unavailable, ErrorReason.ScannerUnavailable, () => at.SendAsync(Given.Text()));
    }

    [Fact]
    public async Task Where_it_is_configured_a_document_is_accepted_without_the_scanner()
    {
        await using var at = await ScanPlatform.StartAsync(
            platform, $"--Dmp:Scan:Endpoint=tcp://127.0.0.1:{TestServer.FreePort()}", "--Dmp:Scan:WhenDown=Accept");
        var content = Given.Text();
        Assert.Equal(content, await at.Physician.ReadAsync(await at.SendAsync(content)));
        var text = new CdaText
        {
            Patient = at.Record.Patient,
            Author = at.Record.Physician,
            Body = "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">QUJD</text></nonXMLBody>",
        };
        await Refusals.RefusedAsync(
            StatusCode.InvalidArgument,
            ErrorReason.ContentNotAccepted,
            () => CdaUploadTests.SendAsync(at.Physician, CdaUploadTests.Intent(at.Record.Id), text.Bytes));
    }

    [Fact]
    public async Task What_is_too_large_for_the_scanner_is_refused()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(
            platform, $"--Dmp:Scan:Endpoint={clamd.UnixEndpoint}", "--Dmp:Scan:BytesMax=1000000");
        var status = await Refusals.RefusedAsync(
            StatusCode.ResourceExhausted, ErrorReason.DocumentTooLarge, () => at.SendAsync(Given.Text(1_000_001)));
        Assert.Equal("1000000", status.GetDetail<ErrorInfo>()!.Metadata["limit_bytes"]);
        Assert.Equal(1, (await at.SendAsync(Given.Text(1_000_000))).Version);
    }

    [Fact]
    public async Task A_scanner_that_takes_less_than_is_configured_does_not_let_anything_through()
    {
        clamd.Require();
        await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.UnixEndpoint}");
        await Refusals.RefusedAsync(
            StatusCode.Unavailable, ErrorReason.ScannerUnavailable, () => at.SendAsync(Given.Text(ClamdServer.StreamBytesMax + 1_000_000)));
    }

    [Fact]
    public async Task A_quarantine_that_is_full_or_off_keeps_nothing_and_refuses_all_the_same()
    {
        clamd.Require();
        foreach (var setting in (string[])["--Dmp:Scan:QuarantineBytesMax=10", "--Dmp:Scan:QuarantineDays=0"])
        {
            await using var at = await ScanPlatform.StartAsync(platform, $"--Dmp:Scan:Endpoint={clamd.UnixEndpoint}", setting);
            await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.ContentInfected, () => at.SendAsync(ClamdServer.Eicar));
            Assert.True(!Directory.Exists(at.QuarantineDirectory) || !Directory.EnumerateFiles(at.QuarantineDirectory).Any());
        }
    }

    [Theory]
    [InlineData("stream: OK", null)]
    [InlineData("stream: Win.Test.EICAR_HDB-1 FOUND", "Win.Test.EICAR_HDB-1")]
    [InlineData("stream: A \u001b[1mB FOUND", "A1mB")]
    public void The_answer_of_a_scanner_is_understood(string answer, string? signature) =>
        Assert.Equal(signature, Clamd.Scan.SignatureIn(answer));

    [Theory]
    [InlineData("")]
    [InlineData("INSTREAM size limit exceeded. ERROR")]
    [InlineData("stream:  FOUND")]
    [InlineData("stream: OK FOUND OK")]
    [InlineData("UNKNOWN COMMAND")]
    public void Any_other_answer_means_that_nothing_was_scanned(string answer) =>
        Assert.Throws<ScannerDownException>(() => Clamd.Scan.SignatureIn(answer));

    private static async Task<(string Head, byte[] Content)> KeptAsync(ScanPlatform at, string request)
    {
        foreach (var file in Directory.GetFiles(at.QuarantineDirectory))
        {
            var bytes = await File.ReadAllBytesAsync(file, Token);
            var end = bytes.AsSpan().IndexOf("\n\n"u8) + 2;
            var head = Encoding.UTF8.GetString(bytes, 0, end);
            if (head.Contains($"request: {request}\n", StringComparison.Ordinal))
            {
                return (head, [.. bytes.AsSpan(end).ToArray().Select(value => (byte)~value)]);
            }
        }

        throw new InvalidOperationException("Nothing was kept of that request.");
    }

    /// <summary>Brings a port of a server that was away back to life.</summary>
    private sealed class Forwarder : IAsyncDisposable
    {
        private readonly TcpListener listener;
        private readonly Task running;

        private Forwarder(int port, IPEndPoint target)
        {
            listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            running = RunAsync(target);
        }

        public static Forwarder Start(int port, IPEndPoint target) => new(port, target);

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            await running;
        }

        private async Task RunAsync(IPEndPoint target)
        {
            try
            {
                while (true)
                {
                    using var near = await listener.AcceptTcpClientAsync();
                    using var far = new TcpClient();
                    await far.ConnectAsync(target);
                    var (there, back) = (near.GetStream(), far.GetStream());
                    var sending = there.CopyToAsync(back);
                    await back.CopyToAsync(there);
                    near.Client.Shutdown(SocketShutdown.Both);
                    await sending;
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}

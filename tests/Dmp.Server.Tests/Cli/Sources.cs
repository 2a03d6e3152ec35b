using System.Text;
using Dmp.Document.V1;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;

namespace Dmp.Server.Tests.Cli;

/// <summary>What imports are made of, and what came of them.</summary>
internal static class Sources
{
    public static CdaText CdaOf(OpenedRecord record) => new() { Patient = record.Patient, Author = record.Physician };

    public static byte[] Sidecar(Ins? ins, string type = "11488-4", string system = "2.16.840.1.113883.6.1", string more = "") =>
        Encoding.UTF8.GetBytes(
            $$"""
            {
              {{(ins is null ? "" : $$""" "ins": { "number": "{{ins.Number}}", "system": "{{ins.System}}" },""")}}
              "metadata": {
                "type": { "system": "{{system}}", "code": "{{type}}" }, "title": "Lettre",
                "creationTime": "2026-05-04T10:00:00Z", "serviceStartTime": "2026-05-04T09:30:00Z"
              }{{more}}
            }
            """);

    public static async Task<List<Document.V1.Document>> StoredAsync(this Platform platform, OpenedRecord record)
    {
        SearchDocumentsRequest request = new() { RecordId = record.Id, PageSize = 200 };
        return
        [
            .. (await platform.As(record.Patient).Documents.SearchDocumentsAsync(request, cancellationToken: CommandHome.Token)).Documents,
        ];
    }

    public static (int Code, string Output) Short((int Code, string Output, string Error) run) => (run.Code, run.Output);
}
